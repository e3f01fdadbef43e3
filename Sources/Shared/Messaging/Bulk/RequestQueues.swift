/// Chunks that peers asked for, served a chunk a peer in turn.
struct RequestQueues<Peer: Hashable> {
    private struct Queue {
        var requests: [ChunkRequest] = []
        /// An answer that was read and that the peer's connection did not take yet.
        var ready: [Frame]?
    }

    /// Requests that may wait, a peer and blob: its credit, and as much again after a reconnection.
    private let limit: Int
    /// And in all, a peer.
    private static var most: Int { 4096 }
    private var queues: [Peer: Queue] = [:]
    private var order: [Peer] = []

    /// - Parameter limit: requests that may wait, a peer and blob
    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { order.isEmpty }

    /// False where the peer has asked for more than any receiver may. A request that waits already is not added.
    mutating func add(_ request: ChunkRequest, from peer: Peer) -> Bool {
        if queues[peer] == nil {
            queues[peer] = Queue()
            order.append(peer)
        }
        let waiting = queues[peer]?.requests.filter { $0.blob == request.blob } ?? []
        if waiting.contains(request) { return true }
        guard waiting.count < limit, queues[peer]?.requests.count ?? 0 < Self.most else { return false }
        queues[peer]?.requests.append(request)
        return true
    }

    /// Gives every peer one turn; true where anything moved.
    mutating func round(_ serve: (Peer, ChunkRequest, [Frame]?) throws -> RequestTurn) rethrows -> Bool {
        var moved = false
        for peer in order {
            guard let queue = queues[peer], let request = queue.requests.first else { continue }
            switch try serve(peer, request, queue.ready) {
            case .served:
                queues[peer]?.requests.removeFirst()
                queues[peer]?.ready = nil
                moved = true
            case .blocked(let frames): queues[peer]?.ready = frames
            case .gone: queues[peer] = nil
            }
        }
        order.removeAll { peer in
            guard queues[peer]?.requests.isEmpty ?? true else { return false }
            queues[peer] = nil
            return true
        }
        return moved
    }
}

/// What became of a peer's turn.
enum RequestTurn {
    case served
    /// The connection is full; the answer is kept for the next turn.
    case blocked([Frame])
    case gone
}
