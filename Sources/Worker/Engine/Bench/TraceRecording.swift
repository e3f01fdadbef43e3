import Foundation
import Inference
import Synchronization

/// Two seconds of the device's work, recorded beside the pipeline on a thread of its own.
final class TraceRecording: Sendable {
    private static let seconds = 2.0

    private let go = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)
    private let error = Mutex<InferenceError?>(nil)

    /// Blocks until the profiler is ready.
    init(to path: String) throws {
        let ready = DispatchSemaphore(value: 0)
        Pipeline.thread("trace") { [self] in
            keep { () throws(InferenceError) in try DeviceTrace.prepare() }
            ready.signal()
            go.wait()
            keep { () throws(InferenceError) in try DeviceTrace.record(seconds: Self.seconds, to: path) }
            done.signal()
        }
        ready.wait()
        try rethrow()
    }

    func begin() { go.signal() }

    /// Blocks until the file is written.
    func finish() throws {
        done.wait()
        try rethrow()
    }

    /// Does nothing after a first error.
    private func keep(_ work: () throws(InferenceError) -> Void) {
        guard error.withLock({ $0 }) == nil else { return }
        do { try work() } catch { self.error.withLock { $0 = error } }
    }

    private func rethrow() throws { if let error = error.withLock({ $0 }) { throw error } }
}
