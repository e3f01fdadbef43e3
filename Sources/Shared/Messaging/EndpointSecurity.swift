internal import CZeroMQ

/// Who may talk over an endpoint. It fails closed: an endpoint that a network can reach is refused without keys.
public enum EndpointSecurity: Sendable {
    /// `ipc://` only; the directory's permissions decide who gets in.
    case localOnly
    /// A client with a key of its own, which talks to the holder of the server's key and to nobody else.
    case client(own: CurveKeyPair, server: String)
    /// A server that hears whoever is on the list, and nobody else.
    case server(own: CurveKeyPair, admits: AllowList)

    /// What `Sender`s are looked up in; nil: everyone is `Sender.local`.
    var allowList: AllowList? {
        if case .server(_, let list) = self { list } else { nil }
    }

    /// - Throws: `MessagingError.insecure`, `.address`
    func permit(_ address: EndpointAddress, _ kind: SocketKind) throws {
        switch (self, kind) {
        case (.localOnly, _):
            guard !address.isOpenToNetwork else { throw MessagingError.insecure(endpoint: "\(address)") }
        case (.client, .dealer), (.server, .router): break
        case (.client, .router): throw MessagingError.address("\(address)", reason: "it takes a server's keys")
        case (.server, .dealer): throw MessagingError.address("\(address)", reason: "it takes a client's keys")
        }
    }

    /// Gives the socket its keys. A server's list stands behind the context's authenticator before the socket listens.
    func apply(to socket: Socket, _ context: MessagingContext) throws {
        switch self {
        case .localOnly: break
        case .client(let own, let server):
            try socket.set(ZMQ_CURVE_SERVERKEY, key: server, "ZMQ_CURVE_SERVERKEY")
            try socket.set(ZMQ_CURVE_PUBLICKEY, key: own.publicKey, "ZMQ_CURVE_PUBLICKEY")
            try socket.set(ZMQ_CURVE_SECRETKEY, key: own.secretKey, "ZMQ_CURVE_SECRETKEY")
        case .server(let own, let list):
            try socket.set(ZMQ_ZAP_DOMAIN, text: try context.admit(list), "ZMQ_ZAP_DOMAIN")
            try socket.set(ZMQ_CURVE_SERVER, Int32(1), "ZMQ_CURVE_SERVER")
            try socket.set(ZMQ_CURVE_SECRETKEY, key: own.secretKey, "ZMQ_CURVE_SECRETKEY")
        }
    }
}
