internal import CZeroMQ
internal import FarmModel
internal import Foundation

/// A ZeroMQ socket with its monitor. Owned by one thread: made by whoever starts that thread, used by nobody else after.
final class Socket {
    enum SendOutcome {
        case sent
        /// The peer, or every peer, has as much waiting as it may. The frames are untouched.
        case full
        /// ROUTER: nobody has that routing id any more. The frames are untouched.
        case unreachable
        /// The connection broke inside the message; what was to be sent is gone.
        case lost
    }

    /// No message of this project has more; further frames are read and thrown away.
    private static let mostFrames = 8

    let kind: SocketKind
    let handle: UnsafeMutableRawPointer
    let monitor: SocketMonitor
    /// What it was bound or connected to.
    private(set) var address: EndpointAddress?
    private let context: MessagingContext
    private var isOpen = true

    /// For error texts.
    var endpoint: String { address.map { "\($0)" } ?? "a socket" }

    init(_ kind: SocketKind, _ context: MessagingContext, _ options: SocketOptions) throws {
        self.kind = kind
        self.context = context
        handle = try context.makeSocket(kind.type)
        do { monitor = try SocketMonitor(of: handle, context) } catch {
            zmq_close(handle)
            throw error
        }
        try options.apply(to: self)
    }

    deinit { close() }

    func bind(_ address: EndpointAddress, _ security: EndpointSecurity) throws {
        try prepare(address, security)
        try address.refuseOtherFiles()
        guard zmq_bind(handle, endpoint) == 0 else { throw MessagingError.last("listen on", endpoint) }
        if address.isOpenToNetwork { self.address = try boundAddress() }
    }

    func connect(_ address: EndpointAddress, _ security: EndpointSecurity) throws {
        guard !address.isWildcard else {
            throw MessagingError.address("\(address)", reason: "only who listens can leave host or port open")
        }
        try prepare(address, security)
        guard zmq_connect(handle, endpoint) == 0 else { throw MessagingError.last("connect to", endpoint) }
    }

    private func prepare(_ address: EndpointAddress, _ security: EndpointSecurity) throws {
        try security.permit(address, kind)
        self.address = address
        if address.isIPv6 { try set(ZMQ_IPV6, Int32(1), "ZMQ_IPV6") }
        try security.apply(to: self, context)
    }

    /// With the port that the system chose.
    private func boundAddress() throws -> EndpointAddress {
        var text = [CChar](repeating: 0, count: 1024)
        var length = text.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &length) == 0 else {
            throw MessagingError.last("read the address of", endpoint)
        }
        return try EndpointAddress(Z85Key.text(text))
    }

    /// Sends one message, or nothing of it, without waiting.
    func send(_ frames: [Frame]) throws -> SendOutcome {
        for (index, frame) in frames.enumerated() {
            let more = index < frames.count - 1 ? ZMQ_SNDMORE : 0
            if Self.send(frame, handle, ZMQ_DONTWAIT | more) { continue }
            switch zmq_errno() {
            case EAGAIN: return index == 0 ? .full : .lost
            case EHOSTUNREACH: return index == 0 ? .unreachable : .lost
            default: throw MessagingError.last("send over", endpoint)
            }
        }
        return .sent
    }

    /// False leaves the reason in errno; a signal is none.
    static func send(_ frame: Frame, _ handle: UnsafeMutableRawPointer, _ flags: Int32) -> Bool {
        while zmq_msg_send(frame.message, handle, flags) < 0 {
            guard zmq_errno() == EINTR else { return false }
        }
        return true
    }

    /// The next message, or nil where none has come.
    func receive() throws -> [Frame]? {
        var frames: [Frame] = []
        while true {
            let frame = Frame()
            guard zmq_msg_recv(frame.message, handle, ZMQ_DONTWAIT) >= 0 else {
                if zmq_errno() == EAGAIN { return nil }
                if zmq_errno() == EINTR { continue }
                throw MessagingError.last("receive from", endpoint)
            }
            let hasMore = frame.hasMore
            if frames.count <= Self.mostFrames { frames.append(frame) }
            if !hasMore { return frames }
        }
    }

    func set<Value: FixedWidthInteger>(_ option: Int32, _ value: Value, _ name: String) throws {
        var value = value
        guard zmq_setsockopt(handle, option, &value, MemoryLayout<Value>.size) == 0 else {
            throw MessagingError.last("set \(name) of")
        }
    }

    func set(_ option: Int32, text: String, _ name: String) throws {
        guard zmq_setsockopt(handle, option, text, text.utf8.count) == 0 else {
            throw MessagingError.last("set \(name) of", endpoint)
        }
    }

    /// - Parameter key: 40 characters of Z85; libzmq would take 32 characters for a key's bytes
    func set(_ option: Int32, key: String, _ name: String) throws {
        guard Z85Key.isOne(key) else { throw MessagingError.key(file: name, reason: "a key is 40 characters of Z85") }
        try set(option, text: key, name)
    }

    /// Closes the socket; what it has still to send lingers in the context.
    func close() {
        guard isOpen else { return }
        isOpen = false
        if kind == .router { stopListening() }
        zmq_socket_monitor(handle, nil, 0)
        zmq_close(handle)
        monitor.close()
    }

    // Versions of libzmq differ in whether and when they remove an ipc file, and its I/O thread does it in its own time: a
    // successor that has bound the same path meanwhile would lose its file. So the end of listening is waited for.
    private func stopListening() {
        guard let address, zmq_unbind(handle, endpoint) == 0 else { return }
        let deadline = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < deadline {
            monitor.wait(milliseconds: 100)
            while let event = monitor.next() {
                if event == .listenerClosed { return address.removeFile() }
            }
        }
    }
}
