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

    /// Blocks until the file is written. To be called in any case: a profiler that runs on would outlive the program.
    func finish() throws {
        go.signal()
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

extension Bench {
    /// The pipeline, and what the device does from its second segment on.
    func traced(_ film: BenchFilm, _ parts: PipelineParts, to path: String) throws -> BenchResult {
        guard film.orders.count > 1 else {
            throw InferenceError(.failed, "the film is too short for a trace: it has one keyframe, so one segment")
        }
        // libtorch says nothing where it cannot write.
        try Data().write(to: URL(fileURLWithPath: path))
        let recording = try TraceRecording(to: path)
        let result = Result {
            try PipelineRun.measure(film.orders, parts: parts, depth: 16, decodesAhead: device != .cpu) {
                recording.begin()
            }
        }
        try recording.finish()
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        guard size ?? 0 > 0 else { throw InferenceError(.failed, "libtorch's profiler wrote nothing to \(path)") }
        return try result.get()
    }
}
