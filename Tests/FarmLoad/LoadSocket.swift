import CZeroMQ
import Foundation
import Messaging

/// A worker's end of a channel, with the options that a real worker's socket has.
final class LoadSocket {
    private let handle: UnsafeMutableRawPointer
    private let endpoint: String
    private var outbox: [[Data]] = []
    /// Readable when something about the socket may have changed: `isReady` tells what. Edge-triggered, so that is to be asked
    /// again after every wake-up and every `send`.
    let descriptor: Int32

    init(_ context: UnsafeMutableRawPointer, _ endpoint: String, _ key: KeyFile, highWater: Int32, longest: Int64)
        throws
    {
        guard let handle = zmq_socket(context, ZMQ_DEALER) else { throw LoadError.last("make a socket") }
        self.handle = handle
        self.endpoint = endpoint
        var (descriptor, size) = (Int32(-1), MemoryLayout<Int32>.size)
        zmq_getsockopt(handle, ZMQ_FD, &descriptor, &size)
        self.descriptor = descriptor
        for (option, value) in [
            (ZMQ_LINGER, Int32(1000)), (ZMQ_SNDHWM, highWater), (ZMQ_RCVHWM, highWater), (ZMQ_IMMEDIATE, 1),
            (ZMQ_HANDSHAKE_IVL, 10_000), (ZMQ_RECONNECT_IVL, .random(in: 100...300)), (ZMQ_RECONNECT_IVL_MAX, 5000),
        ] { try set(option, value) }
        try set(ZMQ_MAXMSGSIZE, longest)
        for (option, text) in [
            (ZMQ_CURVE_SERVERKEY, key.serverKey), (ZMQ_CURVE_PUBLICKEY, key.publicKey),
            (ZMQ_CURVE_SECRETKEY, key.secretKey),
        ] where zmq_setsockopt(handle, option, text, text.utf8.count) != 0 {
            throw LoadError.last("give a socket its key")
        }
        guard zmq_connect(handle, endpoint) == 0 else { throw LoadError.last("connect to \(endpoint)") }
    }

    deinit { zmq_close(handle) }

    private func set<Value: FixedWidthInteger>(_ option: Int32, _ value: Value) throws {
        var value = value
        guard zmq_setsockopt(handle, option, &value, MemoryLayout<Value>.size) == 0 else {
            throw LoadError.last("set an option of a socket")
        }
    }

    /// Sends now, or as soon as there is a connection that takes it.
    func send(_ frames: [Data]) throws {
        outbox.append(frames)
        try flush()
    }

    private func flush() throws {
        while let frames = outbox.first {
            guard try sendNow(frames) else { return }
            outbox.removeFirst()
        }
    }

    private func sendNow(_ frames: [Data]) throws -> Bool {
        for (index, frame) in frames.enumerated() {
            let flags = ZMQ_DONTWAIT | (index < frames.count - 1 ? ZMQ_SNDMORE : 0)
            let sent = frame.withUnsafeBytes { zmq_send(handle, $0.baseAddress, $0.count, flags) }
            if sent >= 0 { continue }
            guard index == 0, zmq_errno() == EAGAIN else { throw LoadError.last("send to \(endpoint)") }
            return false
        }
        return true
    }

    /// The next message, or nil where none has come; sends what waited.
    func receive() throws -> [Data]? {
        var (events, size) = (Int32(0), MemoryLayout<Int32>.size)
        zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size)
        if events & ZMQ_POLLOUT != 0, !outbox.isEmpty { try flush() }
        guard events & ZMQ_POLLIN != 0 else { return nil }
        var frames: [Data] = []
        while true {
            var message = zmq_msg_t()
            zmq_msg_init(&message)
            defer { zmq_msg_close(&message) }
            guard zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) >= 0 else {
                throw LoadError.last("receive from \(endpoint)")
            }
            frames.append(Data(bytes: zmq_msg_data(&message), count: zmq_msg_size(&message)))
            if zmq_msg_more(&message) == 0 { return frames }
        }
    }
}

struct LoadError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }

    /// With libzmq's own words.
    static func last(_ attempted: String) -> LoadError {
        LoadError("cannot \(attempted): \(String(cString: zmq_strerror(zmq_errno())))")
    }
}
