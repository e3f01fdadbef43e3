internal import FarmModel
internal import FarmProtocol
internal import Foundation
internal import GRDB
internal import Scheduling

/// What each change does to the tables, and the line of history it leaves.
extension QueueStore {
    func apply(_ change: QueueChange, _ db: Database) throws {
        switch change {
        case .pinned(let job, let shape):
            try set("shape", to: try json(shape), of: job, change, db)
            try note(.init(job: job, kind: "pinned", detail: try json(shape)), db)
        case .leased(let attempt, let worker, let slot, let extra):
            let record = AttemptRecord(number: attempt.number, worker: worker, slot: slot, extraRunUp: extra)
            try insert(record, of: attempt.segment, db)
            try note(.init(attempt, kind: "leased", detail: "\(worker), slot \(slot)"), db)
        case .ended(let attempt, let outcome):
            try end(attempt, outcome, change, db)
            try note(.init(attempt, kind: "ended", detail: outcome.reason ?? ""), db)
        case .runUp(let segment, let extra, let missing):
            let sql = "UPDATE segment SET extraRunUp = ?, missing = ? WHERE job = ? AND number = ?"
            try one(change, db, sql, [extra, try json(missing), segment.job.rawValue, segment.index])
        case .accepted(let result): try accept(result, change, db)
        case .retracted(let attempt, let reason): try retract(attempt, reason, change, db)
        case .struck(let job, let frames): try strike(frames, of: job, change, db)
        case .state(let job, let state, let reasons):
            let sql = "UPDATE job SET state = ?, reasons = ?, updated = ? WHERE id = ?"
            try one(change, db, sql, [state.rawValue, try json(reasons), Date(), job.rawValue])
            try note(.init(job: job, kind: state.rawValue, detail: reasons.joined(separator: "\n")), db)
        case .warned(let job, let warnings): try set("warnings", to: try json(warnings), of: job, change, db)
        case .reopened(let job): try reopen(job, change, db)
        case .paused(let job, let isPaused):
            try set("isPaused", to: isPaused, of: job, change, db)
            try note(.init(job: job, kind: isPaused ? "paused" : "resumed", detail: ""), db)
        case .priority(let job, let priority):
            try set("priority", to: priority, of: job, change, db)
            try note(.init(job: job, kind: "priority", detail: "\(priority)"), db)
        case .workerSeen(let hello): try see(hello, db)
        case .workerDrained(let name, let isDrained): try drain(name, isDrained, db)
        case .workerAside(let name, let reason): try setAside(name, reason, db)
        }
    }

    private func set(
        _ column: String, to value: any DatabaseValueConvertible, of job: JobID, _ change: QueueChange, _ db: Database
    ) throws {
        let sql = "UPDATE job SET \(column) = ?, updated = ? WHERE id = ?"
        try one(change, db, sql, [value, Date(), job.rawValue])
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
        try note(.init(result.attempt, kind: "accepted", detail: result.frames.counting("frame")), db)
    }

    /// The segment waits again; frames that its result lacked may exist.
    private func retract(_ attempt: AttemptID, _ reason: String, _ change: QueueChange, _ db: Database) throws {
        let segment = attempt.segment
        let key: StatementArguments = [segment.job.rawValue, segment.index]
        try one(
            change, db, "UPDATE segment SET result = NULL WHERE job = ? AND number = ? AND result IS NOT NULL", key)
        let outcome = AttemptOutcome.withdrawn(reason: reason)
        try one(
            change, db, "UPDATE attempt SET outcome = ? WHERE job = ? AND segment = ? AND number = ?",
            [try json(outcome)] + key + [attempt.number])
        let row = try Row.fetchOne(
            db, sql: "SELECT firstFrame, endFrame FROM segment WHERE job = ? AND number = ?", arguments: key)
        let range = FrameRange(row?["firstFrame"] ?? 0, row?["endFrame"] ?? 0)
        let struck = try struck(of: segment.job, db).filter { !range.contains($0) }
        try one(change, db, "UPDATE job SET struck = ? WHERE id = ?", [try json(struck), segment.job.rawValue])
        try note(.init(attempt, kind: "retracted", detail: reason), db)
    }

    private func struck(of job: JobID, _ db: Database) throws -> [Int] {
        let stored = try String.fetchOne(db, sql: "SELECT struck FROM job WHERE id = ?", arguments: [job.rawValue])
        return try JSONDecoder().decode([Int].self, from: Data((stored ?? "[]").utf8))
    }

    private func strike(_ frames: [Int], of job: JobID, _ change: QueueChange, _ db: Database) throws {
        let struck = (try struck(of: job, db) + frames).sorted()
        try one(change, db, "UPDATE job SET struck = ? WHERE id = ?", [try json(struck), job.rawValue])
        try note(.init(job: job, kind: "struck", detail: try json(frames)), db)
    }

    private func reopen(_ job: JobID, _ change: QueueChange, _ db: Database) throws {
        let sql = "UPDATE job SET state = ?, reasons = '[]', updated = ? WHERE id = ?"
        try one(change, db, sql, [JobState.running.rawValue, Date(), job.rawValue])
        try db.execute(sql: "UPDATE attempt SET isForgiven = 1 WHERE job = ?", arguments: [job.rawValue])
        try note(.init(job: job, kind: "reopened", detail: ""), db)
    }

    /// Executes a statement that must change exactly one row.
    private func one(_ change: QueueChange, _ db: Database, _ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
        guard db.changesCount == 1 else { throw QueueStoreError.conflict(path: path, change: "\(change)") }
    }
}
