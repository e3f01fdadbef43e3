public import FarmModel

/// Whom a message is from. Looked up for every message, so that a changed allow-list counts at once.
public enum Sender: Hashable, Sendable {
    /// A process of this machine over a socket without keys, where the directory's permissions let it in: it may do
    /// everything.
    case local
    case holder(KeyHolder)

    /// An operator may do whatever any role may.
    public func may(_ role: Role) -> Bool {
        switch self {
        case .local: true
        case .holder(let holder): holder.role == role || holder.role == .operator
        }
    }

    /// The holder's name; nil for `local`.
    public var name: String? {
        if case .holder(let holder) = self { holder.name } else { nil }
    }
}
