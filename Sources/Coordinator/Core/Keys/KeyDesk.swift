public import FarmModel
internal import FarmProtocol
internal import Foundation
internal import Logging
public import Messaging

/// What `keys` and `serve` do with the key store: key files that say where the coordinator is, and the one that commands on
/// its own machine use.
public struct KeyDesk: Sendable {
    private let store: KeyStore
    private let admitted = AllowList()

    public init(stateDirectory: String) {
        store = KeyStore(stateDirectory: URL(fileURLWithPath: stateDirectory).standardizedFileURL.path)
    }

    /// Issues a key and writes its file.
    /// - Parameters:
    ///   - endpoint: where the holder reaches the coordinator; nil: this host's name, and the port of its last `serve`.
    ///   - bulk: nil is the port after.
    /// - Throws: `CoordinatorError`
    public func issue(
        role: Role, name: String, endpoint: String?, bulk: String?, to path: String
    ) throws -> KeyFile {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CoordinatorError(.file, "\(path) exists: name another file with -o")
        }
        let served = (try? Data(contentsOf: URL(fileURLWithPath: endpointsFile))).flatMap {
            try? JSONDecoder().decode(Endpoints.self, from: $0)
        }
        let host = ProcessInfo.processInfo.hostName
        let control = endpoint ?? served?.control(host) ?? "tcp://\(host):5555"
        let bulk = bulk ?? (endpoint == nil ? served?.bulk(host) : nil) ?? Wire.bulkEndpoint(beside: control)
        for text in [control, bulk] {
            do { _ = try EndpointAddress(text) } catch { throw CoordinatorError(.usage, error.reason) }
        }
        let file = try store.issue(role: role, name: name, control: control, bulk: bulk)
        do { try file.write(to: path) } catch {
            try? store.revoke(name)  // nobody has it
            throw CoordinatorError(.file, error.reason)
        }
        return file
    }

    /// - Throws: `CoordinatorError`
    public func list() throws -> [IssuedKey] { try store.list() }

    /// - Throws: `CoordinatorError`
    public func revoke(_ name: String) throws { try store.revoke(name) }

    // MARK: Serving

    /// Notes where the coordinator listens, for key files to come, and sees to the key for commands on this machine.
    func prepare(control: String, bulk: String) throws {
        _ = try store.server()
        let endpoints = Endpoints(control: control, bulk: bulk)
        do {
            try JSONEncoder().encode(endpoints).write(to: URL(fileURLWithPath: endpointsFile), options: .atomic)
            try prepareLocalKey(control: endpoints.control("127.0.0.1"), bulk: endpoints.bulk("127.0.0.1"))
        } catch let error as CoordinatorError { throw error } catch {
            throw CoordinatorError(.file, "cannot write into \(store.directory): \(error.reason)")
        }
    }

    /// Made once: an operator who has revoked it does not want another.
    private func prepareLocalKey(control: String, bulk: String) throws {
        let path = store.directory + "/" + Self.localName + ".key"
        guard FileManager.default.fileExists(atPath: path) else {
            try? store.revoke(Self.localName)  // its file is gone, so nobody has it
            return try store.issue(role: .operator, name: Self.localName, control: control, bulk: bulk).write(to: path)
        }
        var file = try KeyFile(contentsOf: path)
        guard file.control != control || file.bulk != bulk else { return }
        (file.control, file.bulk) = (control, bulk)
        unlink(path)
        try file.write(to: path)
    }

    func serverSecurity() throws -> EndpointSecurity { .server(own: try store.server(), admits: admitted) }

    /// Keeps who is admitted as the store's directory is, from now on.
    func watch(logger: Logger) throws -> KeyWatch { try KeyWatch(store, admitted, logger: logger) }

    private static let localName = "local"

    /// The key file that commands on the coordinator's own machine use.
    static func localKey(of stateDirectory: String) -> String {
        URL(fileURLWithPath: stateDirectory).standardizedFileURL.path + "/keys/\(localName).key"
    }

    private var endpointsFile: String { store.directory + "/endpoints.json" }

    /// Where the coordinator was told to listen.
    private struct Endpoints: Codable {
        var control: String
        var bulk: String

        func control(_ host: String) -> String { Self.reachable(control, host) }
        func bulk(_ host: String) -> String { Self.reachable(bulk, host) }

        /// An endpoint on every interface, as `host` is called.
        private static func reachable(_ endpoint: String, _ host: String) -> String {
            for everywhere in ["tcp://0.0.0.0:", "tcp://*:", "tcp://[::]:"] where endpoint.hasPrefix(everywhere) {
                return "tcp://\(host):" + endpoint.dropFirst(everywhere.count)
            }
            return endpoint
        }
    }
}
