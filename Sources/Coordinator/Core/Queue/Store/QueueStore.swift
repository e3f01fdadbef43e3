public import FarmModel
internal import Foundation
internal import GRDB
internal import GRDBSQLite
public import Scheduling

/// The queue on disk: jobs, segments, attempts, submissions, workers and what happened, in SQLite. A change is durable
/// when `apply` returns (WAL with `synchronous=FULL`). One process at a time: see `StateDirectory`.
///
/// All calls are asynchronous and run on the database's own threads.
public struct QueueStore: Sendable {
    let pool: DatabasePool
    let path: String

    /// Opens the database, makes it if there is none, and brings an older one up to date.
    /// - Throws: `QueueStoreError`
    public init(path: String) async throws {
        self.path = path
        pool = try await withCheckedThrowingContinuation { continuation in
            // Opening reads and may migrate: not on the cooperative pool.
            DispatchQueue.global().async { continuation.resume(with: Result { try Self.open(path) }) }
        }
    }

    private static func open(_ path: String) throws -> DatabasePool {
        do {
            var configuration = Configuration()
            configuration.label = "queue"
            configuration.foreignKeysEnabled = true
            let pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB sets NORMAL when it turns WAL on; FULL syncs the log at every commit (P5).
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            let migrator = Self.migrator
            guard try !pool.read(migrator.hasBeenSuperseded) else { throw QueueStoreError.newer(path: path) }
            try migrator.migrate(pool)
            return pool
        } catch let error as QueueStoreError {
            throw error
        } catch {
            throw QueueStoreError.cannotOpen(path: path, reason: "\(error)")
        }
    }

    /// Closes the database. Later calls throw.
    public func close() throws { try pool.close() }

    /// Stores a new job, whole.
    /// - Returns: the job with what the store set.
    @discardableResult
    public func insert(_ job: JobRecord) async throws -> JobRecord {
        try await write { db in try insert(job, order: try nextOrder(db), db) }
    }

    /// Makes changes durable, in order, all or none.
    /// - Throws: `QueueStoreError`; then none is.
    public func apply(_ changes: [QueueChange]) async throws {
        try await write { db in for change in changes { try apply(change, db) } }
    }

    public func job(_ id: JobID) async throws -> JobRecord? {
        try await read { db in try jobs("WHERE id = ?", [id.rawValue], db).first }
    }

    /// Jobs in those states, in the order of submission.
    public func jobs(in states: Set<JobState> = Set(JobState.allCases)) async throws -> [JobRecord] {
        try await read { db in
            try jobs("WHERE state IN (\(Self.places(states))) ORDER BY seq", Self.names(states), db)
        }
    }

    /// As many question marks as there are states, and what they stand for.
    static func places(_ states: Set<JobState>) -> String { states.map { _ in "?" }.joined(separator: ", ") }
    static func names(_ states: Set<JobState>) -> StatementArguments { StatementArguments(states.map(\.rawValue)) }

    /// The newest job of this film to this output that is neither done nor cancelled: what the same command goes on with.
    public func unfinishedJob(source: String, output: String) async throws -> JobRecord? {
        let filter = "WHERE source = ? AND output = ? AND state NOT IN (?, ?) ORDER BY seq DESC LIMIT 1"
        let arguments = [source, output, JobState.done.rawValue, JobState.cancelled.rawValue]
        return try await read { db in try jobs(filter, StatementArguments(arguments), db).first }
    }

    /// An id that no stored job or submission has.
    public func unusedJobID() async throws -> JobID {
        try await read { db in
            var generator = SystemRandomNumberGenerator()
            while true {
                let id = JobID.random(using: &generator)
                if try !isTaken(id, db) { return id }
            }
        }
    }

    func isTaken(_ id: JobID, _ db: Database) throws -> Bool {
        let sql = "SELECT ? IN (SELECT id FROM job UNION ALL SELECT id FROM submission)"
        return try Bool.fetchOne(db, sql: sql, arguments: [id.rawValue]) ?? true
    }

    /// Forgets a job and its history.
    public func delete(_ job: JobID) async throws {
        try await write { try $0.execute(sql: "DELETE FROM job WHERE id = ?", arguments: [job.rawValue]) }
    }

    func write<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws -> T {
        do {
            return try await pool.writeWithoutTransaction { db in
                do {
                    var result: T?
                    try db.inTransaction(.immediate) {
                        result = try body(db)
                        return .commit
                    }
                    guard let result else {
                        throw QueueStoreError.cannotWrite(path: path, reason: "nothing came of it")
                    }
                    return result
                } catch let error as DatabaseError { throw failure(error, db) }
            }
        } catch let error as QueueStoreError { throw error } catch {
            throw QueueStoreError.cannotWrite(path: path, reason: "\(error)")
        }
    }

    /// What SQLite's error means to the caller. The system's own error is asked for on the connection that met it.
    private func failure(_ error: DatabaseError, _ db: Database) -> QueueStoreError {
        let isFull =
            error.resultCode == .SQLITE_FULL
            || (error.resultCode == .SQLITE_IOERR
                && [ENOSPC, EDQUOT].contains(sqlite3_system_errno(db.sqliteConnection)))
        return isFull ? .diskFull(path: path, reason: "\(error)") : .cannotWrite(path: path, reason: "\(error)")
    }

    func read<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws -> T {
        do { return try await pool.read(body) } catch let error as QueueStoreError { throw error } catch {
            throw QueueStoreError.cannotRead(path: path, reason: "\(error)")
        }
    }
}
