internal import CZeroMQ
internal import Foundation
internal import Logging

/// What the control server's thread does.
final class ControlServerLoop: SocketOwner {
    enum Command: Sendable {
        case send(Data, PeerID)
        /// The allow-list has changed.
        case review
    }

    /// Messages read before sending has its turn again.
    private static let burst = 64

    private let socket: Socket
    private let gate: Gate
    private let inbox: Inbox<ControlEvent>
    private let logger: Logger
    private var drops: DropCounter
    /// Told as soon as the consumer has room; a peer is told of once, however much could not reach it.
    private var unreachable: Set<PeerID> = []
    private var revoked: [PeerID] = []
    private var known = KnownPeers()

    init(_ socket: Socket, _ gate: Gate, _ inbox: Inbox<ControlEvent>, _ logger: Logger) {
        self.socket = socket
        self.gate = gate
        self.inbox = inbox
        self.logger = logger
        drops = DropCounter(logger)
    }

    func perform(_ command: Command) throws {
        switch command {
        case .send(let message, let peer): try send(message, to: peer)
        case .review: review()
        }
    }

    private func send(_ message: Data, to peer: PeerID) throws {
        guard message.count <= SocketOptions.controlServer.maximumSendSize else {
            logger.error("a message of \(message.count) bytes is longer than any peer takes")
            unreachable.insert(peer)
            return
        }
        guard gate.isForEveryone || known[peer] != nil else {
            unreachable.insert(peer)
            return
        }
        // Of a key that was taken off this moment `revoked` will tell.
        guard known[peer].map(gate.admits) ?? true else { return }
        let outcome = try socket.send([Frame(peer.bytes), Frame(message)])
        if outcome != .sent { unreachable.insert(peer) }
        if outcome == .unreachable { known.forget(peer) }
    }

    func work(_ now: ContinuousClock.Instant) throws -> Wait {
        tellOfPeers()
        var wait = Wait()
        var budget = Self.burst
        while budget > 0, inbox.hasRoom {
            guard let frames = try socket.receive() else {
                wait.add(socket.handle, ZMQ_POLLIN)
                break
            }
            take(frames)
            budget -= 1
        }
        if budget == 0 { wait.end(by: now) }
        while socket.monitor.next() != nil {}
        wait.add(socket.monitor.handle, ZMQ_POLLIN)
        return wait
    }

    func turnDown(_ command: Command) {}

    func close(_ error: (any Error)?) {
        if let error { logger.error("the control channel ended: \(error)") }
        socket.close()
        inbox.finish()
    }

    private func take(_ frames: [Frame]) {
        guard frames.count == 2 else { return drops.count("a control message of \(frames.count - 1) frames") }
        guard let caller = gate.caller(of: frames) else {
            return drops.count("a message of a peer whose key is not on the allow-list")
        }
        if caller.sender != .local { known.note(caller) }
        let message = frames[1].data
        inbox.push(.message(peer: caller.peer, from: caller.sender, message), cost: message.count)
    }

    /// Looks for peers whose key is gone. The list tells of each change, so nothing else need look.
    private func review() { revoked += known.removeAll(whereNot: gate.admits) }

    private func tellOfPeers() {
        while !revoked.isEmpty, inbox.hasRoom { inbox.push(.revoked(revoked.removeFirst())) }
        while let peer = unreachable.first, inbox.hasRoom {
            unreachable.remove(peer)
            inbox.push(.unreachable(peer))
        }
    }
}
