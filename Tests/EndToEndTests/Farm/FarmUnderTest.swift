import Foundation
import Synchronization
import TestSupport
import Testing

/// A farm of real processes: `coordinator serve`, workers, and commands of clients; on TCP with keys, or on `ipc://`.
final class FarmUnderTest: Sendable {
    let folder: TemporaryFolder
    /// Where each side finds the coordinator.
    let control: String
    let bulk: String
    /// What runs the coordinator, each worker by its name, and clients: a network namespace, `strace`.
    private let prefixes: @Sendable (Place) -> [String]
    private let processes = Mutex<[CoordinatorProcess]>([])

    enum Place: Sendable {
        case coordinator
        case worker(String)
        case client
    }

    /// - Parameters:
    ///   - host: where the coordinator is; nil: on `ipc://`, without keys.
    init(
        host: String? = "127.0.0.1", in folder: TemporaryFolder? = nil,
        prefixes: @escaping @Sendable (Place) -> [String] = { _ in [] }
    ) throws {
        self.folder = try folder ?? TemporaryFolder()
        self.prefixes = prefixes
        if let host {
            (control, bulk) = ("tcp://\(host):\(try Self.freePort())", "tcp://\(host):\(try Self.freePort())")
        } else {
            (control, bulk) = ("ipc://" + self.folder.path("control"), "ipc://" + self.folder.path("bulk"))
        }
    }

    /// Another farm that would be at the same place.
    init(at endpoints: (control: String, bulk: String)) throws {
        folder = try TemporaryFolder()
        prefixes = { _ in [] }
        (control, bulk) = endpoints
    }

    deinit { for process in processes.withLock({ $0 }) { process.signal(SIGKILL) } }

    var state: String { folder.path("state") }
    var controlPort: Int { Self.port(control) }
    var bulkPort: Int { Self.port(bulk) }

    private static func port(_ endpoint: String) -> Int { Int(endpoint.split(separator: ":").last ?? "") ?? 0 }

    /// Starts the coordinator and waits until it listens.
    /// - Parameter roots: names of folders that are made for it.
    @discardableResult
    func serve(_ arguments: [String] = [], roots: [String] = []) async throws -> CoordinatorProcess {
        for name in roots {
            try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
        }
        let process = try CoordinatorProcess(
            ["serve", "--bind", control, "--bulk", bulk, "--state", state] + arguments
                + (arguments.contains("--reserve") ? [] : ["--reserve", "16"]),
            prefix: prefixes(.coordinator))
        keep(process)
        try #require(await process.reaches { $0.errorText.contains("serving") }, "\(process.errorText)")
        return process
    }

    /// Makes a key and returns its file's path.
    /// - Parameter through: ports of relays to the coordinator's.
    func key(_ role: String, _ name: String, through: (control: Int, bulk: Int)? = nil) async throws -> String {
        let path = folder.path("\(name).key")
        let endpoints =
            through.map { ("tcp://127.0.0.1:\($0.control)", "tcp://127.0.0.1:\($0.bulk)") } ?? (control, bulk)
        let ended = try await command(
            [
                "keys", "new", "--role", role, "--name", name, "--endpoint", endpoints.0, "--bulk-endpoint",
                endpoints.1, "-o", path, "--state", state,
            ], at: .coordinator)
        try #require(ended.status == 0, "\(ended)")
        return path
    }

    /// Starts a worker: with a key, or on `ipc://`.
    @discardableResult
    func work(_ name: String, key: String? = nil, _ arguments: [String] = []) async throws -> CoordinatorProcess {
        var access = ["--coordinator", control, "--bulk", bulk, "--name", name]
        if let key { access = ["--key", key] }
        if key == nil, control.hasPrefix("tcp") { access = ["--key", try await self.key("worker", name)] }
        let process = try CoordinatorProcess(
            ["serve"] + access + ["--threads", "1", "--cache", folder.path("cache-\(name)")] + arguments,
            program: "worker", prefix: prefixes(.worker(name)))
        keep(process)
        return process
    }

    /// Runs a command to its end, as whoever holds the key; nil: as one does on the coordinator's machine.
    func ask(_ arguments: [String], key: String? = nil) async throws -> CoordinatorProcess.Ended {
        guard key == nil else { return try await command(arguments + ["--key", key ?? ""], at: .client) }
        let access = control.hasPrefix("ipc") ? ["--coordinator", control] : ["--state", state]
        return try await command(arguments + access, at: .coordinator)
    }

    /// What a command prints with `--json`.
    func json(_ arguments: [String], key: String? = nil) async throws -> Any {
        let ended = try await ask(arguments + ["--json"], key: key)
        try #require(ended.status == 0, "\(arguments): \(ended)")
        return try JSONSerialization.jsonObject(with: Data(ended.output.utf8))
    }

    /// What `show` tells of a job.
    func job(_ id: String) async throws -> [String: Any] {
        let detail = try #require(try await json(["show", id]) as? [String: Any])
        return try #require(detail["job"] as? [String: Any])
    }

    func workers() async throws -> [[String: Any]] { try #require(try await json(["workers"]) as? [[String: Any]]) }

    /// Waits until the job satisfies `condition`.
    func waits(for id: String, _ what: String, _ condition: ([String: Any]) -> Bool) async throws {
        var last: [String: Any] = [:]
        for _ in 0..<1200 {
            last = try await job(id)
            if condition(last) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("\(id) never was \(what): \(last)")
        throw CancellationError()
    }

    /// Waits until the worker satisfies `condition`.
    func waitsForWorker(_ name: String, _ condition: ([String: Any]) -> Bool) async throws {
        var last: [[String: Any]] = []
        for _ in 0..<600 {
            last = try await workers()
            if let worker = last.first(where: { $0["name"] as? String == name }), condition(worker) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("\(name) never was as it should: \(last)")
        throw CancellationError()
    }

    /// Hands a film in, and returns the job's id.
    func submit(_ film: String, _ arguments: [String], key: String? = nil) async throws -> String {
        let ended = try await ask(["submit", film, "--json"] + arguments, key: key)
        try #require(ended.status == 0, "\(ended)")
        return try #require(ended.events.first { $0["event"] as? String == "submitted" }?["job"] as? String)
    }

    /// Lines of a job's history, as `kind` and the segment with its attempt.
    func history(_ id: String) async throws -> [(kind: String, segment: Int?, attempt: Int?)] {
        let ended = try await ask(["logs", id, "--json"])
        try #require(ended.status == 0, "\(ended)")
        return ended.events.map { ($0["kind"] as? String ?? "", $0["segment"] as? Int, $0["attempt"] as? Int) }
    }

    private func command(_ arguments: [String], at place: Place) async throws -> CoordinatorProcess.Ended {
        await (try CoordinatorProcess(arguments, prefix: prefixes(place))).wait()
    }

    private func keep(_ process: CoordinatorProcess) { processes.withLock { $0.append(process) } }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer -> UInt16 in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                let isBound = bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
                return isBound ? 1 : 0
            }
        }
        try #require(port == 1)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
