import CoordinatorCore
import FarmModel
import Foundation
import Scheduling
import Simulation
import Synchronization
import Testing

/// The scheduler among workers, over a network, on a disk and with processes that fail by a seed; `make simulate` runs
/// more and larger farms, optimised.
///
/// `UPSCALE_FARM_SEEDS=7,12,100-199` runs those seeds instead of the usual ones; a failure names its seed.
@Suite struct SchedulerSimulationTests {
    private static let seeds = SimulationRun.seeds(ProcessInfo.processInfo.environment["UPSCALE_FARM_SEEDS"] ?? "1-20")

    private static func replay(_ seed: UInt64, planted: PlantedFault? = nil) -> String {
        "swift run -c release simulate --workers 20 --seeds \(seed)" + (planted.map { " --planted \($0)" } ?? "")
    }

    @Test func jobsEndAsTheyShouldWhateverFails() {
        #expect(!Self.seeds.isEmpty)
        let faults = Mutex([SimulatedFault: Int]())
        SimulationRun.run(Self.seeds) {
            SimulationSettings.drawn(seed: $0, upTo: 20)
        } replay: {
            Self.replay($0)
        } outcome: { outcome in
            faults.withLock { $0.merge(outcome.faults, uniquingKeysWith: +) }
            if let failure = outcome.failure { Issue.record("\(failure)") }
        }
        // Some of them are rare: many seeds must have seen each, not each some.
        let rare: Set<SimulatedFault> = [
            .joinHeld, .spoolLost, .setAside, .cancelled, .retried, .crashAmidActions, .crashWhileFull,
        ]
        for fault in SimulatedFault.allCases where !rare.contains(fault) {
            #expect(faults.withLock { $0[fault] ?? 0 } > 0, "\(fault) never took place")
        }
    }

    /// Each of these is one switch; without it the same seeds pass.
    @Test(arguments: PlantedFault.allCases)
    func aPlantedFaultIsFound(fault: PlantedFault) {
        let found = (UInt64(1)...1000).first { seed in
            var settings = SimulationSettings.drawn(seed: seed, upTo: 10)
            settings.planted = fault
            let outcome = SimulationRun.run(seed, settings, replay: "")
            guard let failure = outcome.failure else { return false }
            return fault.traces.contains { failure.contains($0) }
        }
        #expect(found != nil, "\(fault) was not found within 1,000 seeds")
    }

    @Test func aFarmWithoutFaultsLosesNothing() {
        var settings = SimulationSettings()
        (settings.loss, settings.duplication, settings.delay) = (0, 0, 0)
        (settings.engineCrash, settings.badDelivery, settings.coordinatorCrash) = (0, 0, 0)
        (settings.badWorkers, settings.cursedSegments) = (0, 0)
        let never = 1e9
        (settings.workerCrashEvery, settings.partitionEvery, settings.flapEvery) = (never, never, never)
        (settings.slowdownEvery, settings.operatorEvery, settings.diskTroubleEvery) = (never, never, never)
        let outcome = SimulationRun.run(5, settings, replay: Self.replay(5))
        #expect(outcome.failure == nil)
        #expect(outcome.faults[.lapsed] == nil && outcome.faults[.setAside] == nil)
        #expect(outcome.faults[.refused] ?? 0 > 0)  // frames that only more run-up gives
    }

    @Test func aSeedReplays() throws {
        let traces = try [UInt64(3), 3, 4].map { seed in
            let simulation = Simulation(seed: seed, settings: SimulationSettings.drawn(seed: 3, upTo: 20))
            try simulation.run()
            return simulation.trace.finalize()
        }
        #expect(traces[0] == traces[1])
        #expect(traces[0] != traces[2])
    }

    @Test func theRealStoreHoldsWhatTheModelHolds() async throws {
        let simulation = Simulation(seed: 9, settings: SimulationSettings.drawn(seed: 9, upTo: 12), keepsLog: true)
        let plans = simulation.store.order.compactMap { simulation.store.plans[$0] }
        try simulation.run()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("simulation-\(UUID().uuidString)")
        let state = try StateDirectory(at: directory)
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await QueueStore(path: state.queuePath)
        for plan in plans { try await store.insert(record(of: plan)) }
        try await store.insert(record(of: try #require(simulation.lastPlan)))
        for changes in simulation.store.log { try await store.apply(changes) }
        let jobs = try await store.jobs()
        #expect(jobs.map(\.id) == simulation.store.order)
        for job in jobs {
            var expected = try #require(simulation.store.plans[job.id])
            expected.order = job.plan.order
            #expect(job.plan == expected)
        }
        #expect(simulation.store.log.count > 50)
        for worker in try await store.workers() {
            let known = try #require(simulation.store.workers[worker.name])
            #expect(worker.hello == known.hello && worker.isDrained == known.isDrained)
            #expect(worker.asideReason == known.asideReason)
        }
    }

    private func record(of plan: JobPlan) -> JobRecord {
        var record = JobRecord(
            id: plan.id, source: "/\(plan.id)", sourceIdentity: "{}", output: "/\(plan.id).out",
            settings: JobSettings(),
            recipe: Simulation.recipe, segments: plan.segments.map(\.range), priority: plan.priority)
        record.plan.needs = plan.needs
        record.plan.shape = plan.shape
        return record
    }
}

extension PlantedFault {
    /// What is said when this fault, and no other, is found.
    fileprivate var traces: [String] {
        switch self {
        case .lapsedAccepted: ["ends as accepted and is not current"]
        case .acknowledgedBeforeCommit: ["and not durable"]
        case .bothAccepted: ["is accepted, and another is already"]
        case .leasedTwice: ["beside", "which has the segment already", "though its segment is accepted"]
        case .pauseLost: ["though its job's pause was acknowledged"]
        case .workersBlamed: ["is healthy and is set aside"]
        case .jobsBlamed: ["is failed: "]
        case .allTrusted: ["and is trusted"]
        case .segmentsSwapped: ["while an earlier segment waits"]
        case .jobsSwapped: ["goes first"]
        }
    }
}
