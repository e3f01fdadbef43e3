internal import Foundation

/// A few threads for what waits for the disk or takes a while: writing, hashing, syncing. No transfer waits for another's
/// disk, and none for the socket's thread.
///
/// Jobs of one path run one after the other, in their order; paths take turns.
// Unchecked because the compiler does not see that `state` is used under `condition`'s lock only.
final class FileWorkers: @unchecked Sendable {
    private struct State {
        var queues: [String: [@Sendable () -> Void]] = [:]
        /// Paths with jobs of which none runs.
        var ready: [String] = []
        var threads = 0
        var idle = 0
        var isClosed = false
    }

    private let condition = NSCondition()
    private var state = State()
    private let most: Int

    /// - Parameter most: threads, which start when they are needed. More than there are cores: most of them wait for the disk,
    ///   which makes several files durable in hardly more time than one.
    init(most: Int = 16) { self.most = most }

    func run(_ path: String, _ job: @escaping @Sendable () -> Void) {
        condition.lock()
        defer { condition.unlock() }
        let isNew = state.queues[path] == nil
        state.queues[path, default: []].append(job)
        guard isNew else { return }
        state.ready.append(path)
        if state.ready.count > state.idle, state.threads < most { return startThread() }
        // `close` waits too.
        if state.isClosed { condition.broadcast() } else { condition.signal() }
    }

    /// Returns when every job is done; the threads end. Jobs that come later are still done.
    func close() {
        condition.lock()
        defer { condition.unlock() }
        state.isClosed = true
        condition.broadcast()
        while !state.queues.isEmpty { condition.wait() }
    }

    private func startThread() {
        state.threads += 1
        let thread = Thread { self.work() }
        thread.name = "bulk-files"
        thread.start()
    }

    private func work() {
        condition.lock()
        defer { condition.unlock() }
        defer { state.threads -= 1 }
        while let path = nextPath() {
            guard let job = state.queues[path]?.first else { continue }
            condition.unlock()
            job()
            condition.lock()
            state.queues[path]?.removeFirst()
            if state.queues[path]?.isEmpty ?? true {
                state.queues[path] = nil
                if state.isClosed { condition.broadcast() }
            } else {
                state.ready.append(path)
            }
        }
    }

    /// nil when it is time to end: closed, or nothing to do for a while.
    private func nextPath() -> String? {
        let patience = Date(timeIntervalSinceNow: 5)
        while state.ready.isEmpty {
            guard !state.isClosed else { return nil }
            state.idle += 1
            let isInTime = condition.wait(until: patience)
            state.idle -= 1
            if !isInTime, state.ready.isEmpty { return nil }
        }
        return state.ready.removeFirst()
    }
}
