import Foundation
import Synchronization

/// SIGTERM and Ctrl-C: the first asks the worker to leave in order, the second ends it at once.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// - Parameter first: called once, on a thread of its own.
    init(_ numbers: [Int32], first: @escaping @Sendable () -> Void) {
        let count = Counter()
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInitiated))
            source.setEventHandler {
                guard count.next() > 1 else { return first() }
                // Engines end when their standard input does; what they held goes to other workers.
                _exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        func next() -> Int {
            value.withLock { value in
                value += 1
                return value
            }
        }
    }
}
