public import FarmModel

/// Somebody with a key: what the coordinator knows of them.
public struct KeyHolder: Codable, Hashable, Sendable {
    public var role: Role
    /// No two holders have the same.
    public var name: String
    /// 40 characters of Z85.
    public var publicKey: String

    public init(role: Role, name: String, publicKey: String) {
        (self.role, self.name, self.publicKey) = (role, name, publicKey)
    }
}
