internal import Synchronization

/// Events from a socket's thread to one consumer, bounded: the thread reads no more while `hasRoom` is false, and is
/// woken when the consumer has caught up. So a peer that floods fills its own connection, not our memory.
final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [(element: Element?, cost: Int)] = []
        var head = 0
        var cost = 0
        var isFinished = false
        var mustWake = false
        var waiting: [Int: CheckedContinuation<Element?, Never>] = [:]
        var abandoned: Set<Int> = []
        var lastTicket = 0

        var count: Int { elements.count - head }
    }

    private let state = Mutex(State())
    private let limit: Int
    private let costLimit: Int
    private let wakeUp: WakeUp

    /// - Parameters:
    ///   - limit: elements that may wait
    ///   - costLimit: sum of their costs, in bytes
    init(_ wakeUp: WakeUp, limit: Int = 256, costLimit: Int = 16 << 20) {
        self.wakeUp = wakeUp
        self.limit = limit
        self.costLimit = costLimit
    }

    /// A false answer asks to be woken.
    var hasRoom: Bool {
        state.withLock { state in
            let hasRoom = state.count < limit && state.cost < costLimit
            if !hasRoom { state.mustWake = true }
            return hasRoom
        }
    }

    /// Takes the element whether there is room or not; asking first is the caller's part.
    func push(_ element: Element, cost: Int = 0) {
        let waiter = state.withLock { state -> CheckedContinuation<Element?, Never>? in
            guard !state.isFinished else { return nil }
            if let ticket = state.waiting.keys.min() { return state.waiting.removeValue(forKey: ticket) }
            state.elements.append((element, cost))
            state.cost += cost
            return nil
        }
        waiter?.resume(returning: element)
    }

    /// What waits is still delivered; nil after it.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiting.removeAll() }
            return Array(state.waiting.values)
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    /// The next element; nil at the end, or where the task is cancelled.
    func next() async -> Element? {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        defer { _ = state.withLock { $0.abandoned.remove(ticket) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { wait(for: $0, ticket) }
        } onCancel: {
            abandon(ticket)
        }
    }

    /// The inbox as a stream for one consumer.
    var stream: AsyncStream<Element> { AsyncStream { await self.next() } }

    private enum Answer {
        case now(Element?, mustWake: Bool)
        case later
    }

    private func wait(for continuation: CheckedContinuation<Element?, Never>, _ ticket: Int) {
        let answer = state.withLock { state -> Answer in
            if state.abandoned.remove(ticket) != nil { return .now(nil, mustWake: false) }
            if state.count > 0 { return take(&state) }
            if state.isFinished { return .now(nil, mustWake: false) }
            state.waiting[ticket] = continuation
            return .later
        }
        guard case .now(let element, let mustWake) = answer else { return }
        if mustWake { wakeUp.call() }
        continuation.resume(returning: element)
    }

    private func take(_ state: inout State) -> Answer {
        let (element, cost) = state.elements[state.head]
        state.elements[state.head].element = nil
        state.head += 1
        state.cost -= cost
        if state.head == state.elements.count || state.head >= limit {
            state.elements.removeFirst(state.head)
            state.head = 0
        }
        // Half empty: waking the thread for every element would cost more than it gives.
        let mustWake = state.mustWake && state.count <= limit / 2 && state.cost <= costLimit / 2
        if mustWake { state.mustWake = false }
        return .now(element, mustWake: mustWake)
    }

    private func abandon(_ ticket: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Element?, Never>? in
            if let waiter = state.waiting.removeValue(forKey: ticket) { return waiter }
            state.abandoned.insert(ticket)
            return nil
        }
        waiter?.resume(returning: nil)
    }
}
