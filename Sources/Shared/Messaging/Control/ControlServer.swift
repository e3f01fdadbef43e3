public import Foundation
public import Logging

/// The coordinator's end of the control channel: many peers, short messages.
///
/// A consumer of `events` that lags stops the reading, so that what waits stays bounded; a worker that floods then
/// fills its own connection.
public final class ControlServer: Sendable {
    /// For one consumer; ends after `close`.
    public let events: AsyncStream<ControlEvent>
    /// Where it listens, with the port that the system chose where that was left to it.
    public let endpoint: EndpointAddress
    private let thread: SocketThread<ControlServerLoop.Command>

    /// Listens at once.
    /// - Throws: `MessagingError`: the endpoint is in use, cannot be made, or is open to a network without keys
    public init(
        context: MessagingContext, endpoint: EndpointAddress, security: EndpointSecurity = .localOnly,
        logger: Logger = Logger(label: "messaging.control")
    ) throws {
        let wakeUp = try WakeUp()
        let inbox = Inbox<ControlEvent>(wakeUp)
        let socket = try Socket(.router, context, .controlServer)
        try socket.bind(endpoint, security)
        events = inbox.stream
        self.endpoint = socket.address ?? endpoint
        let gate = Gate(security)
        let thread = SocketThread("control-server", wakeUp, ControlServerLoop(socket, gate, inbox, logger))
        gate.observe { [weak thread] in thread?.post(.review) ?? false }
        // The list may have changed while nobody observed it.
        thread.post(.review)
        self.thread = thread
    }

    /// Sends one message, without waiting. Where it cannot go out, `.unreachable(peer)` says so.
    public func send(_ message: Data, to peer: PeerID) { thread.post(.send(message, peer)) }

    /// Returns when the endpoint is free for another.
    public func close() async { await thread.close() }
}
