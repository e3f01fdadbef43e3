internal import Foundation

/// Where a socket binds or connects: `ipc://` with an absolute path, or `tcp://host:port`. A server may leave the port to the
/// system: `tcp://127.0.0.1:*`.
public struct EndpointAddress: Hashable, Sendable, CustomStringConvertible {
    enum Transport: Hashable {
        case ipc(path: String)
        /// Port 0: any that is free.
        case tcp(host: String, port: UInt16)
    }

    /// Bytes that `sockaddr_un.sun_path` has for a path and the zero behind it.
    static let longestPath = 107

    let transport: Transport

    /// - Throws: `MessagingError.address`
    public init(_ text: String) throws {
        if let path = text.afterPrefix("ipc://") {
            transport = try Self.ipc(path, in: text)
        } else if let rest = text.afterPrefix("tcp://") {
            transport = try Self.tcp(rest, in: text)
        } else {
            throw MessagingError.address(text, reason: "it must begin with ipc:// or tcp://")
        }
    }

    /// The endpoint on a file in the file system.
    /// - Throws: `MessagingError.address` for a relative path, or one that the system's socket addresses cannot hold
    public init(ipcPath path: String) throws { try self.init("ipc://" + path) }

    public var description: String {
        switch transport {
        case .ipc(let path): "ipc://\(path)"
        case .tcp(let host, 0): "tcp://\(host):*"
        case .tcp(let host, let port): "tcp://\(host):\(port)"
        }
    }

    /// True where whoever reaches the network may reach it.
    var isOpenToNetwork: Bool {
        if case .tcp = transport { true } else { false }
    }

    /// True where it says where to listen, but not where to connect.
    var isWildcard: Bool {
        if case .tcp(let host, let port) = transport { host == "*" || port == 0 } else { false }
    }

    var isIPv6: Bool {
        if case .tcp(let host, _) = transport { host.hasPrefix("[") } else { false }
    }

    private static func ipc(_ path: String, in text: String) throws -> Transport {
        guard path.hasPrefix("/") else {
            throw MessagingError.address(text, reason: "the path must be absolute, as in ipc:///run/farm/control")
        }
        guard path.utf8.count <= longestPath else {
            throw MessagingError.address(
                text,
                reason:
                    "its path has \(path.utf8.count) bytes and the system takes \(longestPath); use a shorter directory"
            )
        }
        guard !path.utf8.contains(0), path.utf8.last != UInt8(ascii: "/") else {
            throw MessagingError.address(text, reason: "the path must name a file")
        }
        return .ipc(path: path)
    }

    private static func tcp(_ rest: String, in text: String) throws -> Transport {
        guard let colon = rest.lastIndex(of: ":") else {
            throw MessagingError.address(text, reason: "a port is missing, as in tcp://host:5555")
        }
        let host = String(rest[..<colon])
        let number = rest[rest.index(after: colon)...]
        guard let port = number == "*" ? 0 : UInt16(number) else {
            throw MessagingError.address(
                text, reason: "the port must be a number from 1 to 65535, or * for a free one to listen on")
        }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        let isPlain = !host.isEmpty && !host.contains { ":[]/;@ ".contains($0) || $0.isNewline || $0 == "\0" }
        guard isBracketed || isPlain else {
            throw MessagingError.address(text, reason: "the host must be a name, an address, [IPv6] or *")
        }
        return .tcp(host: host, port: port)
    }
}

extension EndpointAddress {
    /// libzmq removes whatever lies at the path before it listens there: right for the socket that a killed process left
    /// behind, wrong for a user's file.
    /// - Throws: `MessagingError.address`
    func refuseOtherFiles() throws {
        guard case .ipc(let path) = transport else { return }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFSOCK else { return }
        throw MessagingError.address("\(self)", reason: "something that is no socket lies there; use another path")
    }

    /// Nothing where there is none.
    func removeFile() {
        if case .ipc(let path) = transport { unlink(path) }
    }
}

extension String {
    fileprivate func afterPrefix(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
