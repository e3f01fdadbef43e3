internal import FarmModel
internal import Foundation
internal import GRDB

/// What each change does to the tables, and the line of history it leaves.
extension QueueStore {
    func apply(_ change: QueueChange, _ db: Database) throws {
        switch change {
        case .pinned(let job, let shape):
            try one(change, db, "UPDATE job SET shape = ? WHERE id = ?", [try json(shape), job.rawValue])
            try note(.init(job: job, kind: "pinned", detail: try json(shape)), db)
        case .leased(let attempt, let worker, let slot):
            try lease(attempt, worker, slot, db)
        case .ended(let attempt, let outcome):
            try end(attempt, outcome, change, db)
            try note(.init(attempt, kind: "ended", detail: outcome.reason ?? ""), db)
        case .runUp(let segment, let extra, let missing):
            let sql = "UPDATE segment SET extraRunUp = ?, missing = ? WHERE job = ? AND number = ?"
            try one(change, db, sql, [extra, try json(missing), segment.job.rawValue, segment.index])
        case .accepted(let result):
            try accept(result, change, db)
        case .struck(let job, let frames):
            try strike(frames, of: job, change, db)
        case .state(let job, let state, let reasons):
            let sql = "UPDATE job SET state = ?, reasons = ? WHERE id = ?"
            try one(change, db, sql, [state.rawValue, try json(reasons), job.rawValue])
            try note(.init(job: job, kind: state.rawValue, detail: reasons.joined(separator: "\n")), db)
        case .reopened(let job):
            try reopen(job, change, db)
        }
    }

    private func lease(_ attempt: AttemptID, _ worker: String, _ slot: Int, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO attempt (job, segment, number, worker, slot, began) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                attempt.segment.job.rawValue, attempt.segment.index, attempt.number, worker, slot, Date(),
            ])
        try note(.init(attempt, kind: "leased", detail: "\(worker), slot \(slot)"), db)
    }

    /// The fence stands here too: only an open attempt ends, and a segment takes one result.
    private func end(_ attempt: AttemptID, _ outcome: AttemptOutcome, _ change: QueueChange, _ db: Database) throws {
        try one(
            change, db,
            """
            UPDATE attempt SET outcome = ?, ended = ?
            WHERE job = ? AND segment = ? AND number = ? AND outcome IS NULL
            """,
            [try json(outcome), Date(), attempt.segment.job.rawValue, attempt.segment.index, attempt.number])
    }

    private func accept(_ result: SegmentResult, _ change: QueueChange, _ db: Database) throws {
        let segment = result.attempt.segment
        try end(result.attempt, .accepted, change, db)
        let sql = "UPDATE segment SET result = ? WHERE job = ? AND number = ? AND result IS NULL"
        try one(change, db, sql, [try json(result), segment.job.rawValue, segment.index])
        try note(.init(result.attempt, kind: "accepted", detail: "\(result.frames) frames"), db)
    }

    private func strike(_ frames: [Int], of job: JobID, _ change: QueueChange, _ db: Database) throws {
        let stored = try String.fetchOne(db, sql: "SELECT struck FROM job WHERE id = ?", arguments: [job.rawValue])
        let known = try JSONDecoder().decode([Int].self, from: Data((stored ?? "[]").utf8))
        let struck = (known + frames).sorted()
        try one(change, db, "UPDATE job SET struck = ? WHERE id = ?", [try json(struck), job.rawValue])
        try note(.init(job: job, kind: "struck", detail: try json(frames)), db)
    }

    private func reopen(_ job: JobID, _ change: QueueChange, _ db: Database) throws {
        let sql = "UPDATE job SET state = ?, reasons = '[]' WHERE id = ?"
        try one(change, db, sql, [JobState.running.rawValue, job.rawValue])
        try db.execute(sql: "UPDATE attempt SET isForgiven = 1 WHERE job = ?", arguments: [job.rawValue])
        try note(.init(job: job, kind: "reopened", detail: ""), db)
    }

    /// Executes a statement that must change exactly one row.
    private func one(_ change: QueueChange, _ db: Database, _ sql: String, _ arguments: StatementArguments) throws {
        try db.execute(sql: sql, arguments: arguments)
        guard db.changesCount == 1 else { throw QueueStoreError.conflict(path: path, change: "\(change)") }
    }

    func note(_ entry: Note, _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO event (time, job, segment, attempt, kind, detail) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [Date(), entry.job.rawValue, entry.segment, entry.attempt, entry.kind, entry.detail])
    }

    struct Note {
        var job: JobID
        var segment: Int?
        var attempt: Int?
        var kind: String
        var detail: String

        init(job: JobID, kind: String, detail: String) {
            self.job = job
            self.kind = kind
            self.detail = detail
        }

        init(_ attempt: AttemptID, kind: String, detail: String) {
            self.init(job: attempt.segment.job, kind: kind, detail: detail)
            segment = attempt.segment.index
            self.attempt = attempt.number
        }
    }
}
