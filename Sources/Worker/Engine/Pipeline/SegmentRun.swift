import EngineProtocol
import FarmModel
import Synchronization

/// One segment on its way through the stages: what they share about it.
///
/// The first error, or a cancellation, ends it: the stages let the rest of its pictures fall and pass its end on, so
/// that the segments behind it are not held up.
final class SegmentRun: Sendable {
    let order: SegmentOrder
    private let state = Mutex(State())

    private struct State {
        var error: (any Error)?
        var missing: [Int] = []
        var damaged: [Int] = []
        var missingAround: [Int] = []
        var emitted = 0
        var times = StageTimes()
    }

    init(_ order: SegmentOrder) { self.order = order }

    var attempt: AttemptID { order.task.attempt }
    var isDead: Bool { state.withLock { $0.error != nil } }
    var error: (any Error)? { state.withLock { $0.error } }
    var times: StageTimes { state.withLock { $0.times } }
    var emitted: Int { state.withLock { $0.emitted } }
    /// Promised frames of the range that did not come, and frames of it that the decoder partly made up.
    var missing: [Int] { state.withLock { $0.missing } }
    var damaged: [Int] { state.withLock { $0.damaged } }
    /// Promised frames of the overlap that did not come: what the segment's own look like may hang on them.
    var missingAround: [Int] { state.withLock { $0.missingAround } }

    func fail(_ error: any Error) { state.withLock { $0.error = $0.error ?? error } }
    func noteEnd(of source: any PictureSource) {
        let range = order.task.range
        let (missing, damaged) = (source.missing.filter(range.contains), source.damaged.filter(range.contains))
        let around = source.missing.filter { !range.contains($0) }
        state.withLock { ($0.missing, $0.damaged, $0.missingAround) = (missing, damaged, around) }
    }

    func noteEmitted() { state.withLock { $0.emitted += 1 } }

    func add(_ stage: any WritableKeyPath<StageTimes, StageTimes.Stage> & Sendable, _ spent: StageTimes.Stage) {
        state.withLock { $0.times[keyPath: stage].add(spent) }
    }

    /// Does `work` unless the segment is dead; an error ends the segment instead of leaving the stage.
    func attempt(_ work: () throws -> Void) {
        guard !isDead else { return }
        do { try work() } catch { fail(error) }
    }
}

/// Ends a segment that nobody wants any more.
struct AttemptCancelled: Error {}
