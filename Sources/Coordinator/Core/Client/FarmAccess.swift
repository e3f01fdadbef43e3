internal import FarmProtocol
public import Foundation
import Messaging

/// How a command reaches a running coordinator: from what was given, the environment, or the key that `serve` leaves for
/// its own machine.
public struct FarmAccess: Sendable {
    public var control: String
    public var bulk: String
    var security: EndpointSecurity
    /// The key's name; nil on `ipc://`.
    public var name: String?

    /// - Parameters:
    ///   - coordinator: the control endpoint; nil takes the key's.
    ///   - key: a key file.
    ///   - stateDirectory: where a coordinator of this machine would keep its operator's key.
    /// - Throws: `CoordinatorError`
    public static func resolve(
        coordinator: String?, key: String?, stateDirectory: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> FarmAccess {
        let endpoint = coordinator ?? environment["UPSCALE_FARM_COORDINATOR"].flatMap { $0.isEmpty ? nil : $0 }
        if let endpoint, endpoint.hasPrefix("ipc://") {
            return FarmAccess(control: endpoint, bulk: Wire.bulkEndpoint(beside: endpoint), security: .localOnly)
        }
        let given = key ?? environment["UPSCALE_FARM_KEY"].flatMap { $0.isEmpty ? nil : $0 }
        let path = given ?? KeyDesk.localKey(of: stateDirectory)
        guard given != nil || FileManager.default.fileExists(atPath: path) else {
            throw CoordinatorError(
                .farm,
                "no key is given, and no coordinator has run on this machine with its state in \(stateDirectory): give --key FILE, made there by `coordinator keys new`"
            )
        }
        let file: KeyFile
        do { file = try KeyFile(contentsOf: path) } catch { throw CoordinatorError(error) }
        return FarmAccess(
            control: endpoint ?? file.control,
            bulk: endpoint == nil || endpoint == file.control ? file.bulk : Wire.bulkEndpoint(beside: endpoint ?? ""),
            security: file.security, name: file.name)
    }
}
