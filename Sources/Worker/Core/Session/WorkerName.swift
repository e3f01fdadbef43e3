internal import FarmProtocol

/// What a worker may be called.
public enum WorkerName {
    /// The name a worker takes.
    /// - Parameters:
    ///   - asked: what the user asks for.
    ///   - key: the name of the key that lets the worker in.
    ///   - host: the machine's name, for where nothing else is given.
    /// - Throws: `WorkerUsageError` in a line that says what would do.
    public static func choose(asked: String?, key: String?, host: String) throws -> String {
        guard let asked else { return key ?? (WorkerIdentity.isUsable(host) ? host : "worker") }
        guard WorkerIdentity.isUsable(asked) else {
            throw WorkerUsageError(
                reason: "worker name '\(asked)' cannot be used: \(WorkerIdentity.rule)")
        }
        if let key, asked != key, !asked.hasPrefix(key + ".") {
            throw WorkerUsageError(
                reason: "the key is for worker \(key): --name must be \(key), or begin with '\(key).', as in \(key).2")
        }
        return asked
    }
}

/// What a user asks of a worker and cannot have.
public struct WorkerUsageError: Error, CustomStringConvertible {
    public var reason: String
    public var description: String { reason }
}
