internal import Synchronization

/// The keys that may talk to a server, in memory. Empty at first: it admits nobody.
///
/// Servers look every message up in it, and hear of every change: a key that is taken off is silenced at once, although
/// its connections stand.
public final class AllowList: Sendable {
    private struct State {
        var holders: [String: KeyHolder] = [:]
        var observers: [Int: @Sendable () -> Bool] = [:]
        var lastObserver = 0
    }

    private let state = Mutex(State())

    public init(_ holders: [KeyHolder] = []) { replace(with: holders) }

    /// From now on these are admitted, and nobody else. Of two holders with one key the first counts.
    public func replace(with holders: [KeyHolder]) {
        let observers = state.withLock { state in
            state.holders = Dictionary(holders.map { ($0.publicKey, $0) }) { first, _ in first }
            return state.observers
        }
        // Outside the lock, which their threads take.
        let gone = observers.filter { !$0.value() }.keys
        state.withLock { state in
            for number in gone { state.observers[number] = nil }
        }
    }

    public func holder(of publicKey: String) -> KeyHolder? { state.withLock { $0.holders[publicKey] } }

    public var holders: [KeyHolder] { state.withLock { Array($0.holders.values) } }

    /// Calls `changed` after each change, on the changer's thread, until it answers false.
    func observe(_ changed: @escaping @Sendable () -> Bool) {
        state.withLock { state in
            state.lastObserver += 1
            state.observers[state.lastObserver] = changed
        }
    }
}
