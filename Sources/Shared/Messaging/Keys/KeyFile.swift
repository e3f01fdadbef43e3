public import FarmModel
public import Foundation

/// What the holder of a key has in a file: where the coordinator is, its public key, and the holder's own pair.
public struct KeyFile: Codable, Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    public var role: Role
    public var name: String
    /// The coordinator's control and bulk endpoints.
    public var control: String
    public var bulk: String
    public var serverKey: String
    public var publicKey: String
    public var secretKey: String

    public init(role: Role, name: String, control: String, bulk: String, serverKey: String, pair: CurveKeyPair) {
        (self.role, self.name, self.control, self.bulk) = (role, name, control, bulk)
        (self.serverKey, publicKey, secretKey) = (serverKey, pair.publicKey, pair.secretKey)
    }

    /// Reads the file that `coordinator keys new` wrote. Blocks; brief.
    /// - Throws: `MessagingError.key` for a file that others can read, that is damaged, or whose keys are none
    public init(contentsOf path: String) throws {
        self = try Self.check(PrivateFile.read(path), path)
    }

    /// - Throws: `MessagingError.key`
    public init(decoding data: Data, from path: String = "the key file") throws {
        self = try Self.check(data, path)
    }

    /// Writes the file for its owner alone, durably. Blocks.
    /// - Throws: `MessagingError.file`; a file that exists is not replaced
    public func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try PrivateFile.make(path, encoder.encode(self) + Data("\n".utf8))
    }

    /// For the sockets of whoever has the file.
    public var security: EndpointSecurity { .client(own: pair, server: serverKey) }

    public var pair: CurveKeyPair { CurveKeyPair(publicKey: publicKey, secretKey: secretKey) }

    /// The secret stays out of logs.
    public var description: String { "the \(role.rawValue)'s key \(name)" }
    public var debugDescription: String { description }

    private static func check(_ data: Data, _ path: String) throws -> KeyFile {
        func damaged(_ reason: String) -> MessagingError {
            .key(file: path, reason: "\(reason); have a new one made with `coordinator keys new`")
        }
        let file: KeyFile
        do { file = try JSONDecoder().decode(KeyFile.self, from: data) } catch {
            throw damaged("it is damaged or no key file (\(error.reason))")
        }
        if let fault = file.pair.fault { throw damaged(fault) }
        guard Z85Key.isOne(file.serverKey) else { throw damaged("its server key is not 40 characters of Z85") }
        do { _ = try (EndpointAddress(file.control), EndpointAddress(file.bulk)) } catch { throw damaged("\(error)") }
        return file
    }
}
