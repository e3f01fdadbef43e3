import CoordinatorCore
import FarmModel
import Foundation
import Testing

/// The scheduler among hundreds of workers, over a network and with processes that fail by a seed.
///
/// `UPSCALE_FARM_SEEDS=7,12,100-199` runs those seeds instead of the usual ones; a failure names its seed.
@Suite struct SchedulerSimulationTests {
    private static let seeds: [UInt64] = {
        let text = ProcessInfo.processInfo.environment["UPSCALE_FARM_SEEDS"] ?? "1-8"
        return text.split(separator: ",").flatMap { part -> [UInt64] in
            let ends = part.split(separator: "-").compactMap { UInt64($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }()

    private func run(_ seed: UInt64, _ settings: SimulationSettings = SimulationSettings()) -> Simulation {
        let simulation = Simulation(seed: seed, settings: settings)
        do { try simulation.run() } catch {
            Issue.record(
                """
                seed \(seed), at \(simulation.now) s: \(error)
                replay: UPSCALE_FARM_SEEDS=\(seed) swift test --filter SchedulerSimulationTests
                """)
        }
        return simulation
    }

    @Test func jobsEndAsTheyShouldWhateverFails() {
        #expect(!Self.seeds.isEmpty)
        var faults: [Simulation.Fault: Int] = [:]
        for seed in Self.seeds { faults.merge(run(seed).faults, uniquingKeysWith: +) }
        for fault in Simulation.Fault.allCases { #expect(faults[fault] ?? 0 > 0, "\(fault) never took place") }
    }

    @Test func hundredsOfWorkers() {
        var settings = SimulationSettings()
        settings.workers = 300
        settings.segments = 400
        settings.workerCrashEvery = 1
        settings.partitionEvery = 1
        settings.coordinatorCrash = 0.001
        let simulation = run(1000, settings)
        for fault in Simulation.Fault.allCases where fault != .crashBeforeCommit && fault != .crashAfterCommit {
            #expect(simulation.faults[fault] ?? 0 > 0, "\(fault) never took place")
        }
    }

    @Test func aFarmWithoutFaultsLosesNothing() {
        var settings = SimulationSettings()
        (settings.loss, settings.duplication, settings.engineCrash, settings.badDelivery) = (0, 0, 0, 0)
        settings.coordinatorCrash = 0
        (settings.workerCrashEvery, settings.partitionEvery, settings.flapEvery) = (1e9, 1e9, 1e9)
        let simulation = run(5, settings)
        #expect(simulation.faults[.lapsed] == nil)
        #expect(simulation.faults[.engineCrash] == 3)
        let first = simulation.store.plans[JobID("first")]
        #expect(first?.segments.allSatisfy { $0.attempts.count == 1 + $0.extraRunUp } == true)
    }

    @Test func aSeedReplays() {
        let first = run(3).trace.finalize()
        #expect(run(3).trace.finalize() == first)
        #expect(run(4).trace.finalize() != first)
    }

    @Test func theRealStoreHoldsWhatTheModelHolds() async throws {
        var settings = SimulationSettings()
        settings.workers = 6
        settings.segments = 20
        let simulation = run(9, settings)
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("simulation-\(UUID().uuidString)")
        let state = try StateDirectory(at: directory)
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await QueueStore(path: state.queuePath)
        for id in simulation.store.order {
            let film = try #require(simulation.films[id])
            try await store.insert(record(of: film))
        }
        for changes in simulation.store.log { try await store.apply(changes) }
        let jobs = try await store.jobs()
        #expect(jobs.map(\.id) == simulation.store.order)
        for job in jobs {
            var expected = try #require(simulation.store.plans[job.id])
            (expected.order, expected.needs, expected.weight) = (job.plan.order, job.plan.needs, job.plan.weight)
            #expect(job.plan == expected)
        }
    }

    private func record(of film: SimulatedFilm) -> JobRecord {
        let color = ColorDescription()
        let format = PictureFormat(width: 64, height: 48, layout: PixelLayout(family: .gray, bitDepth: 8), color: color)
        let model = ModelDescription(
            name: "nearest", scale: 2, receptiveRadius: 0, licence: "", source: "", sourceSHA256: "")
        let rate = Rational(24, 1)
        let encoding = EncodingSettings(
            codec: .ffv1, encoder: "ffv1", crf: 0, preset: nil, parameters: [], picture: format,
            sampleAspectRatio: Rational(1, 1), timeBase: Rational(1, 24), frameRate: rate, keyframeInterval: 24)
        let source = VideoStream(
            parameters: CodecParameters(codec: "ffv1", width: 64, height: 48), timeBase: Rational(1, 24),
            frameRate: rate)
        let recipe = Recipe(
            source: source, input: format, model: ModelReference(description: model, sha256: nil, path: nil), scale: 2,
            overlap: 0, temporalBlend: 0, encoding: encoding, execution: nil)
        return JobRecord(
            id: film.id, source: "/\(film.id)", sourceIdentity: "{}", output: "/\(film.id).out",
            settings: JobSettings(),
            recipe: recipe, segments: film.ranges)
    }
}
