internal import FarmModel
internal import FarmProtocol
public import Messaging

/// Where a worker's coordinator is, and what lets the worker in.
public struct FarmAccess: Sendable {
    public var control: EndpointAddress
    public var bulk: EndpointAddress
    public var security: EndpointSecurity
    /// Whose key it is; nil where none is needed.
    public var keyName: String?
    /// What the key's file says of it.
    var keyRole: Role?

    static let coordinatorVariable = "UPSCALE_FARM_COORDINATOR"
    static let keyVariable = "UPSCALE_FARM_KEY"

    /// Whether the environment says where the coordinator is.
    public static func isNamed(in environment: [String: String]) -> Bool {
        [coordinatorVariable, keyVariable].contains { environment[$0]?.isEmpty == false }
    }

    /// What the user says goes before the environment, and that before what stands in the key file. Over `ipc://` the
    /// environment's key is not used: the children of `coordinator run` have no need of their user's key.
    /// - Throws: `MessagingError` for an endpoint or a key file that cannot be used; `WorkerUsageError` where there is
    ///   no endpoint.
    public init(coordinator: String?, bulk: String?, key: String?, environment: [String: String]) throws {
        let named = coordinator ?? environment[Self.coordinatorVariable].flatMap { $0.isEmpty ? nil : $0 }
        let isLocal = named?.hasPrefix("ipc://") == true
        let inherited = isLocal ? nil : environment[Self.keyVariable].flatMap { $0.isEmpty ? nil : $0 }
        let file = try (key ?? inherited).map { try KeyFile(contentsOf: $0) }
        guard let control = named ?? file?.control else {
            throw WorkerUsageError(
                reason: "no coordinator is named: give --coordinator ENDPOINT or --key FILE, or set "
                    + "\(Self.coordinatorVariable) or \(Self.keyVariable)")
        }
        self.control = try EndpointAddress(control)
        let ownBulk = control == file?.control ? file?.bulk : nil
        self.bulk = try EndpointAddress(bulk ?? ownBulk ?? Wire.bulkEndpoint(beside: control))
        security = file?.security ?? .localOnly
        (keyName, keyRole) = (file?.name, file?.role)
    }
}
