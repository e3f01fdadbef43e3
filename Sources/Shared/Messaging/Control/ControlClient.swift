public import Foundation
public import Logging

/// A worker's end of the control channel. It connects, and reconnects with growing, jittered pauses, by itself.
///
/// Each connection has a routing id of its own, which the server's socket makes: after `.connected` the server takes
/// this client for a stranger, and nothing sent before reaches it.
public final class ControlClient: Sendable {
    /// For one consumer; ends after `close`.
    public let events: AsyncStream<ClientEvent>
    private let thread: SocketThread<ControlClientLoop.Command>

    /// Returns at once, whether or not anyone listens at `endpoint` yet; `.connected` says when.
    /// - Throws: `MessagingError` for an endpoint that can never be connected to
    public init(
        context: MessagingContext, endpoint: EndpointAddress, security: EndpointSecurity = .localOnly,
        logger: Logger = Logger(label: "messaging.control")
    ) throws {
        let wakeUp = try WakeUp()
        let inbox = Inbox<ClientEvent>(wakeUp)
        let link = try ClientLink(context, endpoint, security, .controlClient, logger)
        events = inbox.stream
        thread = SocketThread("control-client", wakeUp, ControlClientLoop(link, inbox, logger))
    }

    /// Sends over the connection that stands, without waiting; where none does, `.undelivered` gives the message back.
    public func send(_ message: Data) { thread.post(.send(message)) }

    /// Returns when the socket is closed; what was sent just before still goes out.
    public func close() async { await thread.close() }
}
