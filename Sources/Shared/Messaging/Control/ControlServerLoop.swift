internal import CZeroMQ
internal import Foundation
internal import Logging

/// What the control server's thread does.
final class ControlServerLoop: SocketOwner {
    enum Command: Sendable {
        case send(Data, PeerID)
    }

    /// Messages read before sending has its turn again.
    private static let burst = 64

    private let socket: Socket
    private let inbox: Inbox<ControlEvent>
    private let logger: Logger
    private var drops: DropCounter
    /// Told as soon as the consumer has room; a peer is told of once, however much could not reach it.
    private var unreachable: Set<PeerID> = []

    init(_ socket: Socket, _ inbox: Inbox<ControlEvent>, _ logger: Logger) {
        self.socket = socket
        self.inbox = inbox
        self.logger = logger
        drops = DropCounter(logger)
    }

    func perform(_ command: Command) throws {
        guard case .send(let message, let peer) = command else { return }
        guard message.count <= SocketOptions.controlServer.maximumSendSize else {
            logger.error("a message of \(message.count) bytes is longer than any worker takes")
            unreachable.insert(peer)
            return
        }
        let outcome = try socket.send([Frame(peer.bytes), Frame(message)])
        if outcome != .sent { unreachable.insert(peer) }
    }

    func work(_ now: ContinuousClock.Instant) throws -> Wait {
        tellUnreachable()
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
        let message = frames[1].data
        inbox.push(.message(peer: PeerID(frames[0].data), message), cost: message.count)
    }

    private func tellUnreachable() {
        while let peer = unreachable.first, inbox.hasRoom {
            unreachable.remove(peer)
            inbox.push(.unreachable(peer))
        }
    }
}
