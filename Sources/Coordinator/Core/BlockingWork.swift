internal import Dispatch

/// Runs work that blocks (disk, hashing) on threads of its own, so that the cooperative pool stays free.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "blocking work", attributes: .concurrent)

    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }
}
