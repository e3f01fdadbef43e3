internal import CZeroMQ
internal import Foundation

/// Why something on a socket, or with a blob, did not work. Each says what was attempted, on what, and why it failed.
public enum MessagingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// libzmq refused; `reason` is its own text.
    case socket(attempted: String, endpoint: String, code: Int32, reason: String)
    /// No endpoint that this farm can use.
    case address(String, reason: String)
    /// The endpoint is open to a network and no keys are given.
    case insecure(endpoint: String)
    /// A key file cannot be used.
    case key(file: String, reason: String)
    /// A blob's file could not be read or written; `reason` is the system's own text.
    case file(attempted: String, path: String, code: Int32, reason: String)
    /// The slices or the reference of a blob make no sense.
    case blob(id: String, reason: String)
    /// The other side will not have the blob, or has none.
    case refused(id: String, reason: String)
    /// The other side takes nothing new at present; the same may be tried again.
    case held(id: String, reason: String)
    /// All the bytes arrived, and they are not the ones promised.
    case damaged(id: String, expected: String, found: String)
    /// Nothing was heard of the blob for so long.
    case silent(id: String, attempted: String, seconds: Double)
    /// The endpoint was closed meanwhile.
    case closed

    public var description: String {
        switch self {
        case .socket(let attempted, let endpoint, _, let reason): "cannot \(attempted) \(endpoint): \(reason)"
        case .address(let text, let reason): "endpoint \(text) cannot be used: \(reason)"
        case .insecure(let endpoint):
            "\(endpoint) is open to a network and no keys are given: name a key file, or use ipc:// on one machine"
        case .key(let file, let reason): "the key file \(file) cannot be used: \(reason)"
        case .file(let attempted, let path, _, let reason): "cannot \(attempted) \(path): \(reason)"
        case .blob(let id, let reason): "blob \(id): \(reason)"
        case .refused(let id, let reason): "blob \(id) was refused: \(reason)"
        case .held(let id, let reason): "blob \(id) is not taken for now: \(reason)"
        case .damaged(let id, let expected, let found):
            "blob \(id) arrived damaged: its SHA-256 is \(found), not \(expected)"
        case .silent(let id, let attempted, let seconds):
            "cannot \(attempted) blob \(id): nothing was heard of it for \(seconds) s; is the coordinator still there?"
        case .closed: "the connection was closed"
        }
    }

    /// The disk has no room, or the user's share of it is used up.
    public var isForWantOfSpace: Bool {
        if case .file(_, _, ENOSPC, _) = self { return true }
        if case .file(_, _, EDQUOT, _) = self { return true }
        return false
    }

    /// libzmq's last error on this thread. It must be taken before anything else is called.
    static func last(_ attempted: String, _ endpoint: String = "a socket") -> MessagingError {
        let code = zmq_errno()
        return .socket(
            attempted: attempted, endpoint: endpoint, code: code, reason: String(cString: zmq_strerror(code)))
    }

    /// The system's last error on this thread. It must be taken before anything else is called.
    /// The machine's fault at this moment and not the file's: it may well be gone when tried again.
    public var isPassing: Bool {
        guard case .file(_, _, let code, _) = self else { return false }
        return [EMFILE, ENFILE, ENOMEM, EIO, EAGAIN, EINTR].contains(code)
    }

    static func lastFile(_ attempted: String, _ path: String) -> MessagingError {
        let code = errno
        return .file(attempted: attempted, path: path, code: code, reason: String(cString: strerror(code)))
    }
}
