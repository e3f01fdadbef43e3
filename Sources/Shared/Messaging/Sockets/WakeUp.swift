internal import Foundation
internal import Synchronization

/// A pair of sockets that ends a thread's wait in `zmq_poll` from any other thread.
final class WakeUp: Sendable {
    let descriptor: Int32
    private let writer: Int32
    /// A call that `clear` has not taken back: further ones need not write.
    private let isCalled = Atomic<Bool>(false)

    init() throws {
        var ends: [Int32] = [-1, -1]
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        guard socketpair(AF_UNIX, Int32(type), 0, &ends) == 0 else {
            throw MessagingError.lastFile("make", "a pair of sockets")
        }
        (descriptor, writer) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(writer)
    }

    func call() {
        guard !isCalled.exchange(true, ordering: .sequentiallyConsistent) else { return }
        var byte: UInt8 = 1
        // A full buffer already wakes the reader.
        while write(writer, &byte, 1) < 0, errno == EINTR {}
    }

    /// Takes back every call so far: what they were about is to be looked for after this.
    func clear() {
        var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while read(descriptor, &bytes, MemoryLayout.size(ofValue: bytes)) > 0 {}
        isCalled.store(false, ordering: .sequentiallyConsistent)
    }
}
