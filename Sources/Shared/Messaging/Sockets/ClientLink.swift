internal import CZeroMQ
internal import Logging

/// A client's socket and what its monitor told of the connection.
final class ClientLink {
    enum Change: Equatable {
        case connected, disconnected
        case denied(String, isCertain: Bool)
    }

    private(set) var isConnected = false
    private var socket: Socket
    private let open: () throws -> Socket
    private let options: SocketOptions
    private let logger: Logger
    /// Messages that the connection could not take at once.
    private var outbox: [[Frame]] = []
    private var changes: [Change] = []
    /// libzmq tries again after a broken connection, but not after one that was denied: when to do it here.
    private var reopening: ContinuousClock.Instant?
    private var pause = firstPause

    /// Messages; those of any length are made only where none waits.
    private static let longestOutbox = 1000
    private static let firstPause = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(5)

    init(
        _ context: MessagingContext, _ endpoint: EndpointAddress, _ security: EndpointSecurity,
        _ options: SocketOptions,
        _ logger: Logger
    ) throws {
        self.options = options
        self.logger = logger
        open = {
            let socket = try Socket(.dealer, context, options)
            try socket.connect(endpoint, security)
            return socket
        }
        socket = try open()
    }

    /// True where a message would go out at once, as far as is known: time to read the next chunk.
    var isIdle: Bool { isConnected && outbox.isEmpty }

    /// Sends now or as soon as the connection takes it; false where there is no connection, or it has too much already.
    func send(_ frames: [Frame]) throws -> Bool {
        guard isConnected, outbox.count < Self.longestOutbox else { return false }
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
        reopen(.now)
        readMonitor()
        defer { changes.removeAll() }
        return changes
    }

    func wait(reading: Bool) -> Wait {
        var wait = Wait()
        wait.add(socket.handle, (reading ? ZMQ_POLLIN : 0) | (outbox.isEmpty ? 0 : ZMQ_POLLOUT))
        wait.add(socket.monitor.handle, ZMQ_POLLIN)
        if let reopening { wait.end(by: reopening) }
        return wait
    }

    func close() { socket.close() }

    private func readMonitor() {
        while let event = socket.monitor.next() {
            switch event {
            case .connected: change(.connected)
            case .disconnected: if isConnected { change(.disconnected) }
            case .denied:
                change(.denied("the coordinator does not admit this key", isCertain: true))
                plan(.now)
            case .handshakeBroken:
                let why = "whoever listens there ended the handshake: it may have another server key, or be starting"
                change(.denied(why, isCertain: false))
            case .misspoken:
                change(.denied("whoever listens there does not speak as a coordinator does", isCertain: true))
                plan(.now)
            case .listenerClosed, .other: break
            }
        }
    }

    /// Plans another connection, later each time, and not for all clients at once.
    private func plan(_ now: ContinuousClock.Instant) {
        guard reopening == nil else { return }
        reopening = now + pause * Double.random(in: 0.75...1.25)
        pause = min(pause * 2, Self.longestPause)
    }

    private func reopen(_ now: ContinuousClock.Instant) {
        guard let due = reopening, now >= due else { return }
        reopening = nil
        do {
            let fresh = try open()
            socket.close()
            socket = fresh
        } catch {
            logger.warning("cannot connect anew: \(error)")
            plan(now)
        }
    }

    private func change(_ change: Change) {
        if change == .connected {
            reopening = nil
            pause = Self.firstPause
        }
        isConnected = change == .connected
        // What was for the old connection is not for the next one.
        outbox.removeAll()
        if changes.count == 2 { changes.removeAll() }
        changes.append(change)
    }
}
