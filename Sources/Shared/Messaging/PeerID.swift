internal import FarmModel
public import Foundation

/// One connection of a peer, as the server's socket names it. A peer that reconnects gets another.
public struct PeerID: Hashable, Sendable, CustomStringConvertible {
    public let bytes: Data

    public init(_ bytes: Data) { self.bytes = bytes }

    public var description: String { bytes.hexadecimal }
}
