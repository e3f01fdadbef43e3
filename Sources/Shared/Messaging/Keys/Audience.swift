public import FarmModel

/// Who may take a blob, or give one. Operators, and whoever is `Sender.local`, always may.
public struct Audience: Hashable, Sendable {
    /// nil: any role.
    public var roles: Set<Role>?
    /// The one holder who may; nil: any.
    public var name: String?

    public init(roles: Set<Role>? = nil, name: String? = nil) { (self.roles, self.name) = (roles, name) }

    /// Whoever is on the allow-list.
    public static let anyone = Audience()
    public static func role(_ role: Role) -> Audience { Audience(roles: [role]) }
    public static func holder(named name: String) -> Audience { Audience(name: name) }

    public func includes(_ sender: Sender) -> Bool {
        guard case .holder(let holder) = sender, holder.role != .operator else { return true }
        return roles?.contains(holder.role) ?? true && name ?? holder.name == holder.name
    }
}
