public import FarmModel
internal import Foundation
internal import GRDB

/// The history: a job's is kept until the job is removed, of a worker's the newest lines.
extension QueueStore {
    /// Lines that are kept of a worker.
    static var workerHistoryLimit: Int { 1000 }

    /// What happened to a job after the entry of that number, oldest first.
    public func history(job: JobID, limit: Int = .max, after: Int64 = 0) async throws -> [HistoryEntry] {
        let arguments: StatementArguments = [job.rawValue, after, limit]
        return try await read { db in try entries("job = ? AND seq > ? ORDER BY seq LIMIT ?", arguments, db) }
    }

    /// What happened to a worker after the entry of that number, oldest first: hellos, and what operators did.
    public func history(worker: String, limit: Int = .max, after: Int64 = 0) async throws -> [HistoryEntry] {
        let arguments: StatementArguments = [worker, after, limit]
        return try await read { db in try entries("worker = ? AND seq > ? ORDER BY seq LIMIT ?", arguments, db) }
    }

    private func entries(_ filter: String, _ arguments: StatementArguments, _ db: Database) throws -> [HistoryEntry] {
        try Row.fetchAll(db, sql: "SELECT * FROM event WHERE \(filter)", arguments: arguments).map {
            HistoryEntry(
                number: $0["seq"], time: $0["time"], job: ($0["job"] as String?).map(JobID.init(rawValue:)),
                segment: $0["segment"], attempt: $0["attempt"], worker: $0["worker"], kind: $0["kind"],
                detail: $0["detail"])
        }
    }

    func note(_ entry: Note, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT INTO event (time, job, segment, attempt, worker, kind, detail) VALUES (?, ?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            Date(), entry.job?.rawValue, entry.segment, entry.attempt, entry.worker, entry.kind, entry.detail,
        ])
        if let worker = entry.worker { try trim(worker, db) }
    }

    private func trim(_ worker: String, _ db: Database) throws {
        let newest = "SELECT seq FROM event WHERE worker = ? ORDER BY seq DESC LIMIT 1 OFFSET ?"
        try db.cachedStatement(sql: "DELETE FROM event WHERE worker = ? AND seq <= (\(newest))").execute(arguments: [
            worker, worker, Self.workerHistoryLimit,
        ])
    }

    /// A line to be written.
    struct Note {
        var job: JobID?
        var segment: Int?
        var attempt: Int?
        var worker: String?
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

        init(worker: String, kind: String, detail: String) {
            self.worker = worker
            self.kind = kind
            self.detail = detail
        }
    }
}
