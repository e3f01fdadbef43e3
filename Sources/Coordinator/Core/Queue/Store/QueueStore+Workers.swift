internal import FarmProtocol
internal import Foundation
internal import GRDB
public import Scheduling

/// Workers that came once, and what operators decided about them.
extension QueueStore {
    /// All workers that ever said hello or were named, by name.
    public func workers() async throws -> [WorkerRecord] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM worker ORDER BY name").map { row in
                WorkerRecord(
                    name: row["name"], firstSeen: row["firstSeen"], lastSeen: row["lastSeen"],
                    // A hello of another version's form is as good as none.
                    hello: (row["hello"] as String?).flatMap { try? value($0) },
                    isDrained: row["isDrained"], asideReason: row["asideReason"])
            }
        }
    }

    /// Forgets workers of which nothing was heard or noted since then, and their history; what operators decided stays.
    func forgetWorkers(unseenSince date: Date) async throws {
        let forgotten = """
            SELECT name FROM worker WHERE lastSeen < ? AND NOT isDrained AND asideReason IS NULL
            AND NOT EXISTS (SELECT 1 FROM event WHERE event.worker = worker.name AND time >= ?)
            """
        try await write { db in
            for name in try String.fetchAll(db, sql: forgotten, arguments: [date, date]) {
                try db.execute(sql: "DELETE FROM worker WHERE name = ?", arguments: [name])
                try db.execute(sql: "DELETE FROM event WHERE worker = ?", arguments: [name])
            }
        }
    }

    func see(_ hello: WorkerHello, _ db: Database) throws {
        let sql = """
            INSERT INTO worker (name, firstSeen, lastSeen, hello) VALUES (?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET lastSeen = excluded.lastSeen, hello = excluded.hello
            """
        let (name, now) = (hello.worker.name, Date())
        try db.cachedStatement(sql: sql).execute(arguments: [name, now, now, try json(hello)])
        let devices = hello.slots.map { "\($0.device) \($0.deviceModel)" }.joined(separator: ", ")
        try note(.init(worker: name, kind: "seen", detail: "process \(hello.worker.processID): \(devices)"), db)
    }

    func drain(_ name: String, _ isDrained: Bool, _ db: Database) throws {
        try set("isDrained", to: isDrained, of: name, db)
        try note(.init(worker: name, kind: isDrained ? "drained" : "undrained", detail: ""), db)
    }

    func setAside(_ name: String, _ reason: String?, _ db: Database) throws {
        try set("asideReason", to: reason, of: name, db)
        try note(.init(worker: name, kind: reason == nil ? "reinstated" : "aside", detail: reason ?? ""), db)
    }

    /// An operator may name a worker before it comes.
    private func set(
        _ column: String, to value: (any DatabaseValueConvertible)?, of name: String, _ db: Database
    ) throws {
        let sql = """
            INSERT INTO worker (name, firstSeen, lastSeen, \(column)) VALUES (?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET \(column) = excluded.\(column)
            """
        let now = Date()
        try db.cachedStatement(sql: sql).execute(arguments: [name, now, now, value])
    }
}
