public import Foundation

/// The header frame of a message on the bulk channel; a `data` message has the chunk's bytes in a second frame.
public struct BulkHeader: Codable, Hashable, Sendable {
    public var v: Int
    public var type: Wire.BulkType
    /// The blob's id.
    public var blob: String
    /// `get`, `data`: where in the blob, in bytes.
    public var offset: Int64?
    /// `get`: how many bytes; `offer`: how many there are.
    public var size: Int64?
    /// `offer`: the blob's SHA-256 in hexadecimal.
    public var sha256: String?
    /// `refused`: why.
    public var reason: String?
    /// `refused`: for now only; the same again later may be taken.
    public var later: Bool?

    public init(
        _ type: Wire.BulkType, blob: String, offset: Int64? = nil, size: Int64? = nil, sha256: String? = nil,
        reason: String? = nil, later: Bool? = nil
    ) {
        self.v = Wire.version
        self.type = type
        self.blob = blob
        self.offset = offset
        self.size = size
        self.sha256 = sha256
        self.reason = reason
        self.later = later
    }

    public func encoded() throws -> Data { try JSONEncoder().encode(self) }

    /// - Throws: `WireError`
    public init(decoding data: Data) throws {
        do { self = try JSONDecoder().decode(BulkHeader.self, from: data) } catch {
            // A newer peer's header may well look like damage: its version tells more.
            if let head = try? JSONDecoder().decode(Version.self, from: data), head.v != Wire.version {
                throw WireError.version(theirs: head.v)
            }
            throw WireError.malformed("bulk header: \(error)")
        }
        guard v == Wire.version else { throw WireError.version(theirs: v) }
    }

    private struct Version: Decodable { let v: Int }
}
