internal import CZeroMQ
internal import Foundation

/// One frame of a message, in libzmq's own memory: what is received is not copied, and files are read right into it.
final class Frame {
    /// Below this, copying bytes costs less than keeping a message alive for them.
    private static let smallestShared = 4096

    let message: UnsafeMutablePointer<zmq_msg_t>

    /// An empty frame to receive into.
    init() {
        message = .allocate(capacity: 1)
        zmq_msg_init(message)
    }

    /// - Throws: `MessagingError.socket` where there is no memory for it
    init(size: Int) throws {
        message = .allocate(capacity: 1)
        guard zmq_msg_init_size(message, size) == 0 else {
            let error = MessagingError.last("allocate", "a frame of \(size) bytes")
            zmq_msg_init(message)
            throw error
        }
    }

    convenience init(_ data: Data) throws {
        try self.init(size: data.count)
        data.withUnsafeBytes { source in mutableBytes.copyBytes(from: source) }
    }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
    }

    var count: Int { zmq_msg_size(message) }
    var hasMore: Bool { zmq_msg_more(message) != 0 }

    /// The key that the sender's connection was let in with; nil where none was asked for.
    var userID: String? { zmq_msg_gets(message, "User-Id").map { String(cString: $0) } }
    /// For names: what is no UTF-8 is replaced.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Valid as long as the frame lives and is not sent.
    var mutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: zmq_msg_data(message), count: count)
    }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(mutableBytes) }

    /// The bytes as a value; large ones stay where they are and keep the frame alive.
    var data: Data {
        guard count >= Self.smallestShared, let start = mutableBytes.baseAddress else {
            return withExtendedLifetime(self) { Data(bytes) }
        }
        return Data(bytesNoCopy: start, count: count, deallocator: .custom { _, _ in withExtendedLifetime(self) {} })
    }
}
