internal import Scheduling
internal import Synchronization

/// Events on their way to the scheduler, in order. Whoever takes them gets all that wait: what is decided on together is
/// made durable together.
final class EventInbox: Sendable {
    struct Entry: Sendable {
        var event: SchedulerEvent
        /// Told once what the event led to is durable and done.
        var done: CheckedContinuation<Void, any Error>?
    }

    private struct State {
        var entries: [Entry] = []
        var taker: CheckedContinuation<[Entry]?, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// How many wait.
    var count: Int { state.withLock { $0.entries.count } }

    func post(_ event: SchedulerEvent) { post(Entry(event: event)) }

    /// Returns when the event is dealt with.
    /// - Throws: `CoordinatorError` where the coordinator stops before that.
    func postAndWait(_ event: SchedulerEvent) async throws {
        try await withCheckedThrowingContinuation { post(Entry(event: event, done: $0)) }
    }

    /// All that waits, as soon as anything does; nil once closed. For one taker.
    func take() async -> [Entry]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: [Entry]?? = state.withLock { state in
                    if state.isClosed { return .some(nil) }
                    guard state.entries.isEmpty else {
                        defer { state.entries = [] }
                        return state.entries
                    }
                    state.taker = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            close()
        }
    }

    /// Takes nothing more; who waits is told.
    func close() {
        let (taker, left) = state.withLock { state in
            defer { (state.taker, state.entries) = (nil, []) }
            state.isClosed = true
            return (state.taker, state.entries)
        }
        taker?.resume(returning: nil)
        for entry in left { entry.done?.resume(throwing: Self.stopped) }
    }

    static let stopped = CoordinatorError(.farm, "the coordinator is stopping")

    private func post(_ entry: Entry) {
        enum Step {
            case kept, refused
            case hand(CheckedContinuation<[Entry]?, Never>)
        }
        let step: Step = state.withLock { state in
            if state.isClosed { return .refused }
            guard let taker = state.taker else {
                state.entries.append(entry)
                return .kept
            }
            state.taker = nil
            return .hand(taker)
        }
        switch step {
        case .kept: break
        case .refused: entry.done?.resume(throwing: Self.stopped)
        case .hand(let taker): taker.resume(returning: [entry])
        }
    }
}
