internal import CZeroMQ
internal import Logging

/// A client's socket and what its monitor told of the connection.
final class ClientLink {
    enum Change {
        case connected, disconnected
    }

    private(set) var isConnected = false
    private let socket: Socket
    private let options: SocketOptions
    private let logger: Logger
    /// Messages that the connection could not take at once.
    private var outbox: [[Frame]] = []
    private var changes: [Change] = []

    init(
        _ context: MessagingContext, _ endpoint: EndpointAddress, _ security: EndpointSecurity,
        _ options: SocketOptions,
        _ logger: Logger
    ) throws {
        self.options = options
        self.logger = logger
        socket = try Socket(.dealer, context, options)
        try socket.connect(endpoint, security)
    }

    /// True where a message would go out at once, as far as is known: time to read the next chunk.
    var isIdle: Bool { isConnected && outbox.isEmpty }

    /// Sends now or as soon as the connection takes it; false where there is no connection, or it has too much already.
    func send(_ frames: [Frame]) throws -> Bool {
        guard isConnected, outbox.count < Int(options.sendHighWater) else { return false }
        outbox.append(frames)
        try flush()
        return true
    }

    func flush() throws {
        var sent = 0
        defer { outbox.removeFirst(sent) }
        while sent < outbox.count, try socket.send(outbox[sent]) != .full { sent += 1 }
    }

    func receive() throws -> [Frame]? {
        let frames = try socket.receive()
        // libzmq reports a connection before it hands over what came through it, on another socket.
        if frames != nil { readMonitor() }
        return frames
    }

    /// What became of the connection since the last call, in order; a consumer that lags sees the last two only.
    func takeChanges() -> [Change] {
        readMonitor()
        defer { changes.removeAll() }
        return changes
    }

    func wait(reading: Bool) -> Wait {
        var wait = Wait()
        wait.add(socket.handle, (reading ? ZMQ_POLLIN : 0) | (outbox.isEmpty ? 0 : ZMQ_POLLOUT))
        wait.add(socket.monitor.handle, ZMQ_POLLIN)
        return wait
    }

    func close() { socket.close() }

    private func readMonitor() {
        while let event = socket.monitor.next() {
            switch event.kind {
            case .connected: change(.connected)
            case .disconnected: if isConnected { change(.disconnected) }
            case .handshakeFailed:
                logger.warning(
                    "the other side does not speak as it should", metadata: ["endpoint": "\(socket.endpoint)"])
            case .listenerClosed, .other: break
            }
        }
    }

    private func change(_ change: Change) {
        isConnected = change == .connected
        // What was for the old connection is not for the next one.
        outbox.removeAll()
        if changes.count == 2 { changes.removeAll() }
        changes.append(change)
    }
}
