internal import Foundation
internal import Processes

/// A first-in, first-out queue of limited length between two threads: the backpressure of the pipeline.
///
/// Both ends measure how long they had to wait, which is how a worker knows which stage limits it (P9).
// Sendable by hand: every access to the stored state is under `condition`.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private let capacity: Int
    private let spare: Spare?
    private var items: [Element] = []
    private var weight = 0
    private var closed = false

    /// More room for elements that are small.
    struct Spare {
        /// Elements in all.
        var most: Int
        /// What they may weigh together.
        var limit: Int
        var weigh: @Sendable (Element) -> Int
    }

    init(capacity: Int, spare: Spare? = nil) {
        precondition(capacity > 0, "a queue holds at least one element")
        self.capacity = capacity
        self.spare = spare
    }

    /// Appends `element`, waiting for room.
    /// - Returns: seconds spent waiting.
    func push(_ element: Element) -> Double {
        condition.lock()
        defer { condition.unlock() }
        let waited = wait { hasNoRoom && !closed }
        if !closed {
            items.append(element)
            weight += spare?.weigh(element) ?? 0
        }
        condition.broadcast()
        return waited
    }

    /// Waits until a writer need not wait, or the queue is closed. For the only one that writes.
    func awaitRoom() {
        condition.lock()
        defer { condition.unlock() }
        _ = wait { hasNoRoom && !closed }
    }

    /// Takes the oldest element, waiting for one; nil once the queue is closed and empty.
    func pop() -> (element: Element?, waited: Double) {
        condition.lock()
        defer { condition.unlock() }
        let waited = wait { items.isEmpty && !closed }
        let element = items.isEmpty ? nil : items.removeFirst()
        if let element { weight -= spare?.weigh(element) ?? 0 }
        condition.broadcast()
        return (element, waited)
    }

    /// Lets the reader take what is left, and refuses more.
    func close() {
        condition.lock()
        closed = true
        condition.broadcast()
        condition.unlock()
    }

    /// Whether a writer would wait.
    var isFull: Bool {
        condition.lock()
        defer { condition.unlock() }
        return hasNoRoom
    }

    private var hasNoRoom: Bool {
        guard items.count >= capacity else { return false }
        guard let spare else { return true }
        return items.count >= spare.most || weight >= spare.limit
    }

    /// Waits while `blocked` holds; the lock is held on entry and on return.
    private func wait(while blocked: () -> Bool) -> Double {
        guard blocked() else { return 0 }
        let start = Clock.seconds
        while blocked() { condition.wait() }
        return Clock.seconds - start
    }
}
