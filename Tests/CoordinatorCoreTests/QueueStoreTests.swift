import FarmModel
import FarmProtocol
import Foundation
import GRDB
import Scheduling
import SchedulingSupport
import Testing

@testable import CoordinatorCore

/// Against a real SQLite file each.
@Suite struct QueueStoreTests {
    private let directory: QueueScratch
    private var path: String { directory.url.appendingPathComponent("queue.sqlite").path }

    init() throws { directory = try QueueScratch() }

    @Test func aJobComesBackAsItWasStored() async throws {
        let store = try await QueueStore(path: path)
        let job = record(film, segments: 3)
        try await store.insert(job)
        var stored = try #require(try await store.job(film))
        #expect(stored.created > Date(timeIntervalSinceNow: -60))
        #expect(stored.plan.order == 1)
        stored.plan.order = job.plan.order
        stored.created = job.created
        stored.updated = job.updated
        #expect(stored == job)
        #expect(try await store.job(JobID("other")) == nil)
    }

    @Test func changesAreThereAfterTheProcessWentAwayWithoutAWord() async throws {
        var story = Story()
        let changes = story.fullLife()
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 4, pinned: false))
        for change in changes { try await store.apply(change) }

        // What a kill leaves behind: the files as they are, the log not folded in, nothing closed.
        let killed = try QueueScratch()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: path + suffix, toPath: killed.url.appendingPathComponent("queue.sqlite\(suffix)").path)
        }
        let reopened = try await QueueStore(path: killed.url.appendingPathComponent("queue.sqlite").path)
        let plan = try #require(try await reopened.job(film)?.plan)
        var expected = try #require(story.scheduler.plan(of: film))
        (expected.order, expected.needs, expected.weight) = (plan.order, plan.needs, plan.weight)
        #expect(plan == expected)
        #expect(plan.struck == [13])
        #expect(plan.segments.flatMap(\.attempts).count > 5)
    }

    @Test func theLogIsSyncedAtEveryCommit() async throws {
        let store = try await QueueStore(path: path)
        let pragmas = try await store.pool.write { db in
            try (
                Int.fetchOne(db, sql: "PRAGMA synchronous"), String.fetchOne(db, sql: "PRAGMA journal_mode"),
                Int.fetchOne(db, sql: "PRAGMA foreign_keys")
            )
        }
        #expect(pragmas == (2, "wal", 1))
    }

    @Test func changesOfOneCallAreAppliedAllOrNone() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 2))
        try await store.apply([.leased(attempt(0), worker: "alpha", slot: 0, extraRunUp: 0)])
        await #expect(throws: QueueStoreError.self) {
            try await store.apply([
                .leased(attempt(1), worker: "alpha", slot: 0, extraRunUp: 0),
                .leased(attempt(0), worker: "beta", slot: 0, extraRunUp: 0),
            ])
        }
        #expect(try await store.job(film)?.plan.segments[1].attempts == [])
    }

    @Test(arguments: [
        [QueueChange.accepted(result(attempt(0)))], [.accepted(result(attempt(0, 2)))],
        [.ended(attempt(0), .failed(reason: "", crashed: false))], [.ended(attempt(1), .accepted)],
        [.leased(attempt(9), worker: "alpha", slot: 0, extraRunUp: 0)], [.state(JobID("other"), .done, reasons: [])],
    ])
    func theStoreKeepsTheFenceToo(changes: [QueueChange]) async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 2))
        try await store.apply([
            .leased(attempt(0), worker: "alpha", slot: 0, extraRunUp: 0), .accepted(result(attempt(0))),
        ])
        let before = try await store.job(film)?.plan
        await #expect(throws: QueueStoreError.self) { try await store.apply(changes) }
        #expect(try await store.job(film)?.plan == before)
    }

    @Test func theSameFilmToTheSameOutputIsFoundUntilItIsDone() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 1))
        #expect(
            try await store.unfinishedJob(source: "/films/film1.mkv", output: "/films/film1.upscaled.mkv")?.id == film)
        #expect(try await store.unfinishedJob(source: "/films/film1.mkv", output: "/elsewhere.mkv") == nil)
        try await store.apply([.state(film, .failed, reasons: ["disk", "full"])])
        let failed = try await store.unfinishedJob(source: "/films/film1.mkv", output: "/films/film1.upscaled.mkv")
        #expect(failed?.plan.reasons == ["disk", "full"])
        try await store.apply([.state(film, .done, reasons: [])])
        #expect(try await store.unfinishedJob(source: "/films/film1.mkv", output: "/films/film1.upscaled.mkv") == nil)
    }

    @Test func jobsComeInTheOrderOfSubmission() async throws {
        let store = try await QueueStore(path: path)
        for id in ["zulu", "alpha", "mike"] { try await store.insert(record(JobID(id), segments: 1)) }
        try await store.apply([.state(JobID("alpha"), .done, reasons: [])])
        #expect(try await store.jobs().map(\.id.rawValue) == ["zulu", "alpha", "mike"])
        #expect(try await store.jobs(in: [.running]).map(\.id.rawValue) == ["zulu", "mike"])
        await #expect(throws: QueueStoreError.self) { try await store.insert(record(JobID("zulu"), segments: 1)) }
    }

    /// The short forms of a job tell the same as the whole.
    @Test func summariesTellTheSame() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 3))
        try await store.insert(record(JobID("other"), segments: 1))
        try await store.apply([
            .leased(attempt(0), worker: "alpha", slot: 0, extraRunUp: 0), .accepted(result(attempt(0))),
            .state(film, .failed, reasons: ["it broke"]),
        ])
        let job = try #require(try await store.job(film))
        let all = try await store.summaries(in: Set(JobState.allCases))
        #expect(all.map(\.id) == [film, JobID("other")])
        let summary = try #require(try await store.summaries(in: [.failed]).first)
        #expect(summary == all.first && summary.state == .failed && summary.reasons == ["it broke"])
        #expect(summary.segments == 3 && summary.segmentsAccepted == 1 && summary.order == job.plan.order)
        #expect(summary.frames == job.plan.segments.reduce(0) { $0 + $1.range.count })
        #expect(summary.framesAccepted == job.plan.segments[0].range.count)
        #expect(summary.source == job.source && summary.output == job.output && summary.created == job.created)
        let files = try await store.files(in: [.running, .failed])
        #expect(files.map(\.id) == [film, JobID("other")] && files[0].source == job.source)
        #expect(files[0].output == job.output && files[0].model == job.settings.model && files[0].state == .failed)
    }

    @Test func aCancelledSubmissionBecomesNoJob() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(SubmissionRecord(id: film, owner: nil, request: "{}"))
        try await store.failSubmission(film, reason: "cancelled")
        await #expect(throws: QueueStoreError.self) {
            try await store.insert(record(film, segments: 1), replacing: film)
        }
        await #expect(throws: QueueStoreError.self) { try await store.failSubmission(film, reason: "again") }
        try await store.requeueSubmission(film)
        try await store.insert(record(film, segments: 1), replacing: film)
        #expect(try await store.submissions().isEmpty)
        #expect(try await store.job(film) != nil)
    }

    @Test func warningsOutliveTheJobsEnd() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 1))
        #expect(try await store.job(film)?.warnings == [])
        try await store.apply([.state(film, .done, reasons: []), .warned(film, ["a stream is left out"])])
        #expect(try await store.job(film)?.warnings == ["a stream is left out"])
    }

    @Test func theHistorySaysWhatHappened() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 1))
        try await store.apply([
            .leased(attempt(0), worker: "alpha", slot: 2, extraRunUp: 0),
            .ended(attempt(0), .failed(reason: "no disk", crashed: true)),
        ])
        let history = try await store.history(job: film)
        #expect(history.map(\.kind) == ["submitted", "leased", "ended"])
        #expect(history.map(\.detail) == ["/films/film1.mkv", "alpha, slot 2", "engine crashed: no disk"])
        #expect(history.map(\.attempt) == [nil, 1, 1])
        try await store.delete(film)
        #expect(try await store.history(job: film) == [])
        #expect(try await store.job(film) == nil)
    }

    @Test func aDatabaseOfALaterVersionIsLeftAlone() async throws {
        let store = try await QueueStore(path: path)
        try await store.pool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 of the future')") }
        try store.close()
        await #expect(throws: QueueStoreError.newer(path: path)) { try await QueueStore(path: path) }
    }

    @Test func openingAgainMigratesNothingTwiceAndKeepsAll() async throws {
        let first = try await QueueStore(path: path)
        try await first.insert(record(film, segments: 2))
        try first.close()
        let second = try await QueueStore(path: path)
        #expect(try await second.jobs().map(\.id) == [film])
    }

    @Test func aFileThatIsNoDatabaseIsNamed() async throws {
        try Data("not a database, but long enough to look at, it is text".utf8).write(to: URL(fileURLWithPath: path))
        let error = await #expect(throws: QueueStoreError.self) { try await QueueStore(path: path) }
        #expect(error?.description.contains(path) == true)
    }

    @Test func jobIdsAreShortAndUnlikeOneAnother() async throws {
        let store = try await QueueStore(path: path)
        let id = try await store.unusedJobID()
        #expect(id.rawValue.count == 5)
        #expect(id.rawValue.allSatisfy { !"01ilo".contains($0) && ($0.isLowercase || $0.isNumber) })
        var generator = SystemRandomNumberGenerator()
        #expect(Set((0..<200).map { _ in JobID.random(using: &generator) }).count > 190)
    }
}

/// A directory of the test's own, gone with it.
final class QueueScratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("queue-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// A job with every field filled in.
func record(_ id: JobID, segments count: Int, pinned: Bool = true) -> JobRecord {
    let format = PictureFormat(
        width: 64, height: 48, layout: PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1),
        color: ColorDescription())
    let parameters = CodecParameters(codec: "h264", extradata: Data([1, 2, 3]), width: 64, height: 48)
    let encoding = EncodingSettings(
        codec: .ffv1, encoder: "ffv1", crf: 18, preset: "fast", parameters: [EncoderParameter(key: "a", value: "b")],
        picture: format, sampleAspectRatio: Rational(1, 1), timeBase: Rational(1, 24), frameRate: Rational(24, 1),
        keyframeInterval: 48)
    let recipe = Recipe(
        source: VideoStream(parameters: parameters, timeBase: Rational(1, 24), frameRate: Rational(24, 1)),
        input: format,
        model: .nearest(scale: 2), scale: 2, overlap: 1, temporalBlend: 1,
        encoding: encoding, execution: pinned ? shape : nil)
    return JobRecord(
        id: id, source: "/films/\(id).mkv", sourceIdentity: #"{"size":1000}"#, output: "/films/\(id).upscaled.mkv",
        settings: JobSettings(scale: 2, codec: .ffv1, segmentLength: .frames(framesPerSegment)), recipe: recipe,
        segments: plan(id, segments: count).segments.map(\.range))
}

extension Story {
    /// Leads a job of four segments through everything that can happen to it, and gives the changes of each step.
    mutating func fullLife() -> [[QueueChange]] {
        var all: [SchedulerAction] = connect("alpha")
        all += when(.jobAdded(plan(segments: 4, pinned: false)))
        let calibration = Calibration(job: film, shape: shape, framesPerSecond: 1)
        all += when(.calibrated(WorkerID("alpha"), calibration))
        all += deliver(attempt(0), from: "alpha")
        all += deliver(attempt(1), from: "alpha", missing: [13, 14])
        all += deliver(attempt(1, 2), from: "alpha", missing: [13])
        all += crash(attempt(2), on: "alpha")
        all += when(.workerGone(WorkerID("alpha")))
        all += connect("beta")
        all += pass(40)
        all += when(.jobStopped(film, reason: "the film is gone"))
        all += when(.jobAdded(scheduler.plan(of: film) ?? plan(segments: 0)))
        all += when(.heartbeat(WorkerID("beta"), beat([])))
        for action in all.leased.suffix(2) { all += deliver(action, from: "beta") }
        return all.compactMap { if case .persist(let changes) = $0 { changes } else { nil } }
    }
}
