internal import CZeroMQ

/// What happens to a socket's connections, as libzmq tells it.
final class SocketMonitor {
    enum Event {
        case connected, disconnected
        /// The handshake ended without a word from the other side; libzmq tries again.
        case handshakeBroken
        /// The other side broke the rules, or its authenticator said no; libzmq does not try again.
        case misspoken, denied
        case listenerClosed, other
    }

    private static let watched =
        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
        | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

    let handle: UnsafeMutableRawPointer
    private var isOpen = true

    init(of socket: UnsafeMutableRawPointer, _ context: MessagingContext) throws {
        let endpoint = context.nextMonitorEndpoint()
        guard zmq_socket_monitor(socket, endpoint, Self.watched) == 0 else { throw MessagingError.last("monitor") }
        handle = try context.makeSocket(ZMQ_PAIR)
        guard zmq_connect(handle, endpoint) == 0 else {
            let error = MessagingError.last("connect to", endpoint)
            zmq_close(handle)
            throw error
        }
    }

    deinit { close() }

    /// The next event, or nil where none has come.
    func next() -> Event? {
        let head = Frame()
        guard zmq_msg_recv(head.message, handle, ZMQ_DONTWAIT) >= 0 else { return nil }
        var hasMore = head.hasMore
        while hasMore {
            let rest = Frame()
            guard zmq_msg_recv(rest.message, handle, ZMQ_DONTWAIT) >= 0 else { break }
            hasMore = rest.hasMore
        }
        guard head.count >= 6 else { return .other }
        return Self.kind(Int32(head.bytes.loadUnaligned(as: UInt16.self)))
    }

    /// Waits for an event, or until the time is over.
    func wait(milliseconds: Int) {
        var item = zmq_pollitem_t(socket: handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
        zmq_poll(&item, 1, milliseconds)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        zmq_close(handle)
    }

    private static func kind(_ event: Int32) -> Event {
        switch event {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: .connected
        case ZMQ_EVENT_DISCONNECTED: .disconnected
        case ZMQ_EVENT_CLOSED: .listenerClosed
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: .handshakeBroken
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: .misspoken
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: .denied
        default: .other
        }
    }
}
