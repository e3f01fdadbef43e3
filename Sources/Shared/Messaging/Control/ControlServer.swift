public import Foundation
public import Logging

/// The coordinator's end of the control channel: many workers, short messages.
///
/// A consumer of `events` that lags stops the reading, so that what waits stays bounded; a worker that floods then
/// fills its own connection.
public final class ControlServer: Sendable {
    /// For one consumer; ends after `close`.
    public let events: AsyncStream<ControlEvent>
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
        thread = SocketThread("control-server", wakeUp, ControlServerLoop(socket, inbox, logger))
    }

    /// Sends one message, without waiting. Where it cannot go out, `.unreachable(peer)` says so.
    public func send(_ message: Data, to peer: PeerID) { thread.post(.send(message, peer)) }

    /// Returns when the endpoint is free for another.
    public func close() async { await thread.close() }
}
