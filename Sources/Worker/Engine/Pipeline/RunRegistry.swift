import FarmModel
import Synchronization

/// The segments inside a pipeline, so that one can be stopped from outside.
final class RunRegistry: Sendable {
    private let runs = Mutex<[AttemptID: SegmentRun]>([:])

    func add(_ run: SegmentRun) { runs.withLock { $0[run.attempt] = run } }
    func remove(_ run: SegmentRun) { runs.withLock { $0[run.attempt] = nil } }
    func find(_ attempt: AttemptID) -> SegmentRun? { runs.withLock { $0[attempt] } }
}
