internal import Foundation

/// What this machine lacks, and what to do about it.
public struct BoxError: Error, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ text: String) { description = text }

    /// A program that stands beside the worker cannot be started, for the system's reason `number`.
    public static func cannotStart(_ path: String, _ number: Int32) -> BoxError {
        cannotStart(path, isThere: number != ENOENT, String(cString: strerror(number)))
    }

    /// A program that stands beside the worker cannot be started.
    static func cannotStart(_ path: String, isThere: Bool, _ reason: String) -> BoxError {
        BoxError("cannot start \(path): \(reason)" + (isThere ? "" : "; it belongs beside the worker: install both"))
    }
}
