internal import CZeroMQ
internal import Foundation

/// A pair of CURVE keys, each as 40 characters of Z85.
public struct CurveKeyPair: Codable, Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    public let publicKey: String
    public let secretKey: String

    public init(publicKey: String, secretKey: String) {
        (self.publicKey, self.secretKey) = (publicKey, secretKey)
    }

    /// A new pair, from the system's randomness.
    /// - Throws: `MessagingError.socket` where libzmq was built without CURVE
    public static func generate() throws -> CurveKeyPair {
        var publicKey = [CChar](repeating: 0, count: Z85Key.length + 1)
        var secretKey = publicKey
        guard zmq_curve_keypair(&publicKey, &secretKey) == 0 else { throw MessagingError.last("make", "a key pair") }
        return CurveKeyPair(publicKey: Z85Key.text(publicKey), secretKey: Z85Key.text(secretKey))
    }

    /// Why this is no pair, or nil where it is one.
    public var fault: String? {
        guard Z85Key.isOne(publicKey) else { return "its public key is not 40 characters of Z85" }
        guard Z85Key.isOne(secretKey) else { return "its secret key is not 40 characters of Z85" }
        var derived = [CChar](repeating: 0, count: Z85Key.length + 1)
        guard zmq_curve_public(&derived, secretKey) == 0, Z85Key.text(derived) == publicKey else {
            return "its public key is not that of its secret key"
        }
        return nil
    }

    /// The secret stays out of logs.
    public var description: String { "the pair of \(publicKey)" }
    public var debugDescription: String { description }
}

/// The text form of a CURVE key.
public enum Z85Key {
    static let length = 40
    private static let alphabet = Set(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)

    public static func isOne(_ text: String) -> Bool {
        guard text.utf8.count == length, text.utf8.allSatisfy(alphabet.contains) else { return false }
        var bytes = [UInt8](repeating: 0, count: length / 5 * 4)
        return zmq_z85_decode(&bytes, text) != nil
    }

    /// The text of a key's 32 bytes.
    static func text(of key: UnsafeRawBufferPointer) -> String? {
        guard key.count == length / 5 * 4, let bytes = key.assumingMemoryBound(to: UInt8.self).baseAddress else {
            return nil
        }
        var text = [CChar](repeating: 0, count: length + 1)
        return zmq_z85_encode(&text, bytes, key.count) == nil ? nil : self.text(text)
    }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
