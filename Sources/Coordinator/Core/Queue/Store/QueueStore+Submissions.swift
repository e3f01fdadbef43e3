public import FarmModel
internal import Foundation
internal import GRDB

/// Films that were handed in and are not jobs yet. They and the jobs stand in one order of submission.
extension QueueStore {
    /// Keeps a submission; what is returned has its place in the order.
    @discardableResult
    public func insert(_ submission: SubmissionRecord) async throws -> SubmissionRecord {
        try await write { db in
            var stored = submission
            (stored.order, stored.created) = (try nextOrder(db), Date())
            try db.execute(
                sql: """
                    INSERT INTO submission (seq, id, owner, request, state, reason, created)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    stored.order, stored.id.rawValue, stored.owner, stored.request, stored.state.rawValue,
                    stored.reason, stored.created,
                ])
            return stored
        }
    }

    /// All submissions that are not jobs, in their order.
    public func submissions() async throws -> [SubmissionRecord] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM submission ORDER BY seq").map { row in
                SubmissionRecord(
                    id: JobID(row["id"] as String), owner: row["owner"], request: row["request"],
                    state: SubmissionRecord.State(rawValue: row["state"]) ?? .failed, reason: row["reason"],
                    order: row["seq"], created: row["created"])
            }
        }
    }

    /// Notes that a submission cannot become a job. It stays until it is deleted.
    public func failSubmission(_ id: JobID, reason: String) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE submission SET state = ?, reason = ? WHERE id = ? AND state = ?",
                arguments: [
                    SubmissionRecord.State.failed.rawValue, reason, id.rawValue,
                    SubmissionRecord.State.queued.rawValue,
                ])
            guard db.changesCount == 1 else {
                throw QueueStoreError.conflict(path: path, change: "submission \(id) failed: \(reason)")
            }
        }
    }

    /// Has a failed submission wait again.
    public func requeueSubmission(_ id: JobID) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE submission SET state = ?, reason = NULL WHERE id = ?",
                arguments: [SubmissionRecord.State.queued.rawValue, id.rawValue])
        }
    }

    public func deleteSubmission(_ id: JobID) async throws {
        try await write { try $0.execute(sql: "DELETE FROM submission WHERE id = ?", arguments: [id.rawValue]) }
    }

    /// Stores a new job in its submission's stead and place, both or neither. A submission that was cancelled meanwhile
    /// becomes none.
    /// - Returns: the job with what the store set.
    @discardableResult
    public func insert(_ job: JobRecord, replacing submission: JobID) async throws -> JobRecord {
        try await write { db in
            let key: StatementArguments = [submission.rawValue]
            let sql = "SELECT seq FROM submission WHERE id = ? AND state = ?"
            let queued = SubmissionRecord.State.queued.rawValue
            guard let order = try Int64.fetchOne(db, sql: sql, arguments: key + [queued]) else {
                throw QueueStoreError.conflict(path: path, change: "job \(job.id) for submission \(submission)")
            }
            try db.execute(sql: "DELETE FROM submission WHERE id = ?", arguments: key)
            return try insert(job, order: order, db)
        }
    }

    /// One more than any job or submission has or had.
    func nextOrder(_ db: Database) throws -> Int64 {
        let sql = "SELECT max(seq) FROM sqlite_sequence WHERE name IN ('job', 'submission')"
        return 1 + (try Int64.fetchOne(db, sql: sql) ?? 0)
    }
}
