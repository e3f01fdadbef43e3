import FarmModel
import FarmProtocol
import Foundation
import GRDB
import Scheduling
import SchedulingSupport
import Testing

@testable import CoordinatorCore

/// What a farm keeps besides its jobs: submissions, workers, wishes, what was found missing.
@Suite struct QueueStoreFarmTests {
    private let directory: QueueScratch
    private var path: String { directory.url.appendingPathComponent("queue.sqlite").path }

    init() throws { directory = try QueueScratch() }

    private func submission(_ id: String) -> SubmissionRecord {
        SubmissionRecord(id: JobID(id), owner: "ann", request: #"{"film":"\#(id)"}"#)
    }

    @Test func wishesAndPlaceInTheOrderAreKept() async throws {
        let store = try await QueueStore(path: path)
        var job = record(film, segments: 1)
        job.plan.priority = 3
        job.plan.owner = "ann"
        job.plan.needs.memory = 7
        let stored = try await store.insert(job)
        #expect(stored.plan.order == 1)
        try await store.apply([.paused(film, true), .priority(film, -4)])
        let plan = try #require(try await store.job(film)?.plan)
        #expect(plan.isPaused && plan.priority == -4 && plan.owner == "ann" && plan.weight == 64 * 48)
        #expect(plan.needs == JobNeeds(encoder: "ffv1", memory: 7))
        try await store.apply([.paused(film, false)])
        #expect(try await store.job(film)?.plan.isPaused == false)
        #expect(try await store.history(job: film).map(\.kind) == ["submitted", "paused", "priority", "resumed"])
    }

    @Test func aSubmissionBecomesAJobInItsPlace() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(submission("early"))
        try await store.insert(record(film, segments: 1))
        try await store.insert(submission("late"))
        #expect(try await store.submissions().map(\.order) == [1, 3])
        let job = try await store.insert(record(JobID("early"), segments: 1), replacing: JobID("early"))
        #expect(job.plan.order == 1)
        #expect(try await store.jobs().map(\.id) == [JobID("early"), film])
        #expect(try await store.submissions().map(\.id) == [JobID("late")])
        // What has no submission any more becomes no second job.
        await #expect(throws: QueueStoreError.self) {
            try await store.insert(record(JobID("late2"), segments: 1), replacing: JobID("early"))
        }
        #expect(try await store.jobs().count == 2)
    }

    @Test func aFailedSubmissionSaysWhyUntilItIsDeleted() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(submission("bad"))
        try await store.failSubmission(JobID("bad"), reason: "no video stream")
        let failed = try #require(try await store.submissions().first)
        #expect(failed.state == .failed && failed.reason == "no video stream" && failed.owner == "ann")
        #expect(failed.request == #"{"film":"bad"}"#)
        try await store.requeueSubmission(JobID("bad"))
        #expect(try await store.submissions().first?.state == .queued)
        try await store.deleteSubmission(JobID("bad"))
        #expect(try await store.submissions() == [])
        await #expect(throws: QueueStoreError.self) { try await store.failSubmission(JobID("bad"), reason: "") }
    }

    @Test func anIdIsUnusedWhereNeitherJobNorSubmissionHasIt() async throws {
        let store = try await QueueStore(path: path)
        let id = try await store.unusedJobID()
        try await store.insert(submission(id.rawValue))
        await #expect(throws: QueueStoreError.self) { try await store.insert(submission(id.rawValue)) }
        let taken = try await store.read { try store.isTaken(id, $0) }
        #expect(taken)
        #expect(try await store.unusedJobID() != id)
    }

    @Test func aWorkerOutlivesItsProcesses() async throws {
        let store = try await QueueStore(path: path)
        try await store.apply([.workerSeen(hello("alpha", epoch: 1)), .workerDrained(name: "beta", true)])
        try await store.apply([.workerSeen(hello("alpha", epoch: 2)), .workerAside(name: "alpha", reason: "bad")])
        let workers = try await store.workers()
        #expect(workers.map(\.name) == ["alpha", "beta"])
        #expect(workers[0].hello?.worker.epoch == 2 && workers[0].asideReason == "bad" && !workers[0].isDrained)
        #expect(workers[0].firstSeen <= workers[0].lastSeen)
        #expect(workers[1].hello == nil && workers[1].isDrained)
        try await store.apply([.workerAside(name: "alpha", reason: nil), .workerDrained(name: "beta", false)])
        #expect(try await store.workers().allSatisfy { !$0.isDrained && $0.asideReason == nil })
        #expect(try await store.history(worker: "alpha").map(\.kind) == ["seen", "seen", "aside", "reinstated"])
        #expect(try await store.history(worker: "beta").map(\.kind) == ["drained", "undrained"])
    }

    @Test func aWorkerThatNeverCameBackIsForgotten() async throws {
        let store = try await QueueStore(path: path)
        try await store.apply([
            .workerSeen(hello("gone")), .workerSeen(hello("busy")), .workerDrained(name: "drained", true),
            .workerAside(name: "aside", reason: "bad"),
        ])
        let (before, between) = (Date(timeIntervalSinceNow: -60), Date(timeIntervalSinceNow: 60))
        try await store.forgetWorkers(unseenSince: before)
        #expect(try await store.workers().count == 4)
        // It said hello long ago, and works.
        try await store.write { db in
            try db.execute(sql: "UPDATE event SET time = ? WHERE worker = 'busy'", arguments: [between + 1])
        }
        try await store.forgetWorkers(unseenSince: between)
        #expect(try await store.workers().map(\.name) == ["aside", "busy", "drained"])
        let events = try await store.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM event WHERE worker = 'gone'")
        }
        #expect(events == 0)
    }

    @Test func ofAWorkerTheNewestLinesAreKept() async throws {
        let store = try await QueueStore(path: path)
        try await store.apply((1...1100).map { .workerSeen(hello("alpha", epoch: Int64($0))) })
        try await store.apply([.workerSeen(hello("beta"))])
        let history = try await store.history(worker: "alpha")
        #expect(history.count == QueueStore.workerHistoryLimit)
        #expect(history.first?.number == 101)
        #expect(try await store.history(worker: "alpha", limit: 2, after: 500).map(\.number) == [501, 502])
        #expect(try await store.history(worker: "beta").count == 1)
    }

    @Test func historyGoesOnAfterWhatWasRead() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 1))
        try await store.apply([.priority(film, 1), .priority(film, 2), .priority(film, 3)])
        let first = try await store.history(job: film, limit: 2)
        #expect(first.map(\.kind) == ["submitted", "priority"])
        let last = try #require(first.last)
        #expect(try await store.history(job: film, after: last.number).map(\.detail) == ["2", "3"])
    }

    @Test func aRetractedResultLeavesItsSegmentWaiting() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 2))
        try await store.apply([
            .leased(attempt(0), worker: "alpha", slot: 0, extraRunUp: 1), .accepted(result(attempt(0), missing: [3])),
            .struck(film, frames: [3, 15]),
        ])
        try await store.apply([.retracted(attempt(0), reason: "its file is gone")])
        let plan = try #require(try await store.job(film)?.plan)
        #expect(plan.segments[0].result == nil)
        #expect(plan.segments[0].attempts.map(\.outcome) == [.withdrawn(reason: "its file is gone")])
        #expect(plan.segments[0].attempts.map(\.extraRunUp) == [1])
        #expect(plan.struck == [15])
        await #expect(throws: QueueStoreError.self) { try await store.apply([.retracted(attempt(0), reason: "again")]) }
    }

    @Test func aFullDiskIsToldFromAnyOtherFault() async throws {
        let store = try await QueueStore(path: path)
        try await store.insert(record(film, segments: 1))
        let pages = try await store.pool.write { try Int.fetchOne($0, sql: "PRAGMA page_count") } ?? 0
        try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
        var error: QueueStoreError?
        do { try await store.insert(record(JobID("big"), segments: 4000)) } catch let thrown as QueueStoreError {
            error = thrown
        }
        guard case .diskFull(path, _) = error else {
            Issue.record("not told apart: \(String(describing: error))")
            return
        }
        #expect(try await store.jobs().map(\.id) == [film])
        // With space again, the same change goes through.
        try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        try await store.insert(record(JobID("big"), segments: 4000))
        await #expect(throws: QueueStoreError.self) { try await store.insert(record(film, segments: 1)) }
    }

    @Test func aQueueOfTheFirstVersionIsBroughtUpToDate() async throws {
        let old = try DatabaseQueue(path: path)
        try QueueStore.migrator.migrate(old, upTo: "1 jobs, segments, attempts, events")
        let job = record(film, segments: 2)
        try await old.write { db in
            let text = { (value: any Encodable) in String(decoding: try JSONEncoder().encode(value), as: UTF8.self) }
            try db.execute(
                sql:
                    "INSERT INTO job VALUES (5, 'film1', 'running', 'a', 'b', 'c', ?, ?, NULL, '[]', '[]', 'film1', ?, ?)",
                arguments: [try text(job.settings), try text(job.recipe), Date(), Date()])
            try db.execute(sql: "INSERT INTO segment VALUES ('film1', 0, 0, 10, 0, '[]', NULL)")
            try db.execute(
                sql: "INSERT INTO attempt VALUES ('film1', 0, 1, 'alpha', 0, ?, 0, ?, NULL)",
                arguments: [#"{"failed":{"reason":"x","crashed":true}}"#, Date()])
            try db.execute(
                sql: "INSERT INTO event VALUES (9, ?, 'film1', NULL, NULL, 'submitted', 'a')", arguments: [Date()])
        }
        try old.close()
        let store = try await QueueStore(path: path)
        let plan = try #require(try await store.job(film)?.plan)
        #expect(plan.priority == 0 && !plan.isPaused && plan.order == 5 && plan.needs.encoder == "ffv1")
        #expect(
            plan.segments[0].attempts == [
                AttemptRecord(number: 1, worker: "alpha", slot: 0, outcome: .failed(reason: "x", crashed: true))
            ])
        #expect(try await store.history(job: film).map(\.number) == [9])
        #expect(try await store.insert(submission("next")).order == 6)
        try await store.delete(film)
        #expect(try await store.history(job: film) == [])
    }
}
