/// What a worker may be called.
public enum WorkerName {
    static let longest = 128

    /// The name a worker takes.
    /// - Parameters:
    ///   - asked: what the user asks for.
    ///   - key: the name of the key that lets the worker in.
    ///   - host: the machine's name, for where nothing else is given.
    /// - Throws: `WorkerUsageError` in a line that says what would do.
    public static func choose(asked: String?, key: String?, host: String) throws -> String {
        guard let asked else { return key ?? (isUsable(host) ? host : "worker") }
        guard isUsable(asked) else {
            throw WorkerUsageError(
                reason: "worker name '\(asked)' cannot be used: take 1 to \(longest) letters, digits, '.', '-' and '_'")
        }
        if let key, asked != key, !asked.hasPrefix(key + ".") {
            throw WorkerUsageError(
                reason: "the key is for worker \(key): --name must be \(key), or begin with '\(key).', as in \(key).2")
        }
        return asked
    }

    /// A name is also that of a directory.
    private static func isUsable(_ name: String) -> Bool {
        (1...longest).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch UInt8(byte) {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

/// What a user asks of a worker and cannot have.
public struct WorkerUsageError: Error, CustomStringConvertible {
    public var reason: String
    public var description: String { reason }
}
