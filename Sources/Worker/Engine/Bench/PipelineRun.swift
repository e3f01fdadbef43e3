import EngineProtocol
import FarmModel
import Foundation
import Synchronization

/// Runs orders through a pipeline to their end.
enum PipelineRun {
    /// Blocks until all are done.
    /// - Parameter settled: called once, when the first segment is done.
    /// - Throws: the first segment's error.
    static func measure(
        _ orders: [SegmentOrder], parts: PipelineParts, depth: Int, decodesAhead: Bool = false,
        settled: @escaping @Sendable () -> Void = {}
    ) throws -> BenchResult {
        let outcome = Mutex<(results: [SegmentResult], error: (any Error)?)>(([], nil))
        let first = Mutex<StopWatch?>(nil)
        let done = DispatchSemaphore(value: 0)
        let watch = StopWatch()
        let pipeline = Pipeline(parts: parts, depth: depth, decodesAhead: decodesAhead) { event in
            switch event {
            case .progress: return
            case .finished(let result):
                let isFirst = outcome.withLock { outcome in
                    outcome.results.append(result)
                    return outcome.results.count == 1
                }
                if isFirst {
                    first.withLock { $0 = StopWatch() }
                    settled()
                }
            case .failed(_, let error): outcome.withLock { $0.error = $0.error ?? error }
            }
            done.signal()
        }
        for order in orders { pipeline.submit(order) }
        for _ in orders { done.wait() }
        let (results, error) = outcome.withLock { $0 }
        var stages = StageTimes()
        for result in results { stages.add(result.stages) }
        var measured = watch.result(frames: results.reduce(0) { $0 + $1.frames }, stages: stages)
        if let first = first.withLock({ $0 }), results.count > 1 {
            let rest = first.result(frames: measured.frames - results[0].frames)
            measured.settled = BenchResult.Settled(frames: rest.frames, seconds: rest.seconds)
        }
        pipeline.close()
        if let error { throw error }
        return measured
    }
}
