import Foundation
public import Messaging

/// A key as `keys list --json` prints it.
public struct KeyView: Codable, Hashable, Sendable {
    public var holder: KeyHolder
    /// Unix seconds, as all times that are printed.
    public var created: Double

    public init(_ key: IssuedKey) { (holder, created) = (key.holder, key.created.timeIntervalSince1970) }
}
