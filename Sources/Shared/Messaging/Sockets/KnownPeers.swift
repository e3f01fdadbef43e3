/// Connections that a server has heard, so that it can tell which of them a revoked key had.
///
/// libzmq does not say when one ends: of each key the latest are kept, more than a holder has at a time.
struct KnownPeers {
    private let limit: Int
    private var senders: [PeerID: Sender] = [:]
    /// Of each sender, oldest first; with those that were forgotten since.
    private var order: [Sender: [PeerID]] = [:]

    /// - Parameter limit: connections, a sender
    init(limit: Int = 4096) { self.limit = limit }

    var count: Int { senders.count }

    subscript(peer: PeerID) -> Sender? { senders[peer] }

    mutating func note(_ caller: Gate.Caller) {
        guard senders[caller.peer] != caller.sender else { return }
        senders[caller.peer] = caller.sender
        order[caller.sender, default: []].append(caller.peer)
        guard let peers = order[caller.sender], peers.count > limit else { return }
        // Half at a time: moving thousands for every newcomer would cost more than they do.
        for peer in peers.prefix(limit / 2) where senders[peer] == caller.sender { senders[peer] = nil }
        order[caller.sender] = Array(peers.dropFirst(limit / 2))
    }

    mutating func forget(_ peer: PeerID) { senders[peer] = nil }

    /// Forgets, and returns, those whose sender is let in no more.
    mutating func removeAll(whereNot admits: (Sender) -> Bool) -> [PeerID] {
        let gone = Set(order.keys.filter { !admits($0) })
        for sender in gone { order[sender] = nil }
        let peers = senders.filter { gone.contains($0.value) }.map(\.key)
        for peer in peers { senders[peer] = nil }
        return peers
    }
}
