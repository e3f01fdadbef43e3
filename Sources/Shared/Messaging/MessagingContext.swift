internal import CZeroMQ
internal import Foundation
internal import Synchronization

/// libzmq's context: its I/O threads and all sockets. One a process is enough.
// Unchecked because of the pointer: libzmq's contexts are thread-safe, and `handle` is used only under `isOver`'s lock.
public final class MessagingContext: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer
    private let isOver = Mutex(false)
    private let lastMonitor = Atomic<Int>(0)
    private let authenticator = Mutex<Authenticator?>(nil)

    /// - Throws: `MessagingError.socket` where the process has no file descriptors or memory left
    public init() throws {
        guard let handle = zmq_ctx_new() else { throw MessagingError.last("make", "a ZeroMQ context") }
        // Sockets have not been made yet, which is when libzmq starts its threads.
        guard zmq_ctx_set(handle, ZMQ_IO_THREADS, Int32(1 + SocketOptions.bulkThreads)) == 0 else {
            let error = MessagingError.last("start threads of", "a ZeroMQ context")
            zmq_ctx_term(handle)
            throw error
        }
        self.handle = handle
    }

    // Sockets hold their context, so none but the authenticator's is open any more, and that one closes now. Terminating
    // still waits for what lingers, hence a thread.
    deinit {
        guard !isOver.withLock({ $0 }) else { return }
        let context = Handover(handle)
        Thread.detachNewThread { Self.terminate(context.value) }
    }

    /// Ends every socket that is still open and returns when what they had to send is sent, or lingered long enough.
    /// To be called before the process exits, after the endpoints were closed; nothing can be opened after it.
    public func shutDown() async {
        let isFirst = isOver.withLock { over in
            defer { over = true }
            if !over { zmq_ctx_shutdown(handle) }
            return !over
        }
        guard isFirst else { return }
        let context = Handover(handle)
        await onOwnThread { Self.terminate(context.value) }
    }

    func makeSocket(_ type: Int32) throws -> UnsafeMutableRawPointer {
        try isOver.withLock { over in
            guard !over else { throw MessagingError.closed }
            guard let socket = zmq_socket(handle, type) else { throw MessagingError.last("open") }
            return socket
        }
    }

    /// Has the holders on the list let in to servers of the returned ZAP domain, from now on and as the list changes. The
    /// first list starts the context's authenticator.
    func admit(_ list: AllowList) throws -> String {
        try authenticator.withLock { authenticator in
            let known = try authenticator ?? Authenticator(self)
            authenticator = known
            return known.admit(list)
        }
    }

    func nextMonitorEndpoint() -> String {
        "inproc://monitor-\(lastMonitor.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    private static func terminate(_ handle: UnsafeMutableRawPointer) {
        while zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
    }
}
