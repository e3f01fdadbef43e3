/// Says whom a message to a server is from, and whether it is to be heard.
struct Gate {
    /// A connection and who is at its other end.
    struct Caller: Hashable {
        let peer: PeerID
        let sender: Sender
    }

    /// nil: everyone is local.
    private let list: AllowList?

    init(_ security: EndpointSecurity) { list = security.allowList }

    var isForEveryone: Bool { list == nil }

    /// nil where the sender's key is not on the list (any more), or the connection never was asked for one.
    func caller(of frames: [Frame]) -> Caller? {
        guard let head = frames.first, let body = frames.last else { return nil }
        let peer = PeerID(head.data)
        guard let list else { return Caller(peer: peer, sender: .local) }
        guard let key = body.userID, let holder = list.holder(of: key) else { return nil }
        return Caller(peer: peer, sender: .holder(holder))
    }

    /// Whether somebody who was let in still is.
    func admits(_ sender: Sender) -> Bool {
        guard let list, case .holder(let holder) = sender else { return true }
        return list.holder(of: holder.publicKey) != nil
    }

    /// Calls `changed` after each change of the list, until it answers false.
    func observe(_ changed: @escaping @Sendable () -> Bool) { list?.observe(changed) }
}
