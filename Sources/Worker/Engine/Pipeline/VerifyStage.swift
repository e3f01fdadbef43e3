import EngineProtocol
import FarmModel

/// Decodes what was encoded before anyone hears of it: cheap beside inference, and the only proof that counts.
struct VerifyStage: Sendable {
    let input: BoundedQueue<SegmentRun>
    let verify: @Sendable (SegmentOrder, _ missing: [Int]) throws -> BlobReference
    let done: @Sendable (SegmentRun, PipelineEvent) -> Void

    func run() {
        while let segment = input.pop().element {
            done(segment, outcome(of: segment))
        }
    }

    private func outcome(of segment: SegmentRun) -> PipelineEvent {
        if let error = segment.error { return .failed(segment.attempt, error) }
        do {
            let (missing, damaged, around) = (segment.missing, segment.damaged, segment.missingAround)
            let blob = try verify(segment.order, missing)
            return .finished(
                SegmentResult(
                    attempt: segment.attempt, output: blob, frames: segment.emitted, missing: missing,
                    damaged: damaged.isEmpty ? nil : damaged, missingAround: around.isEmpty ? nil : around,
                    stages: segment.times))
        } catch {
            return .failed(segment.attempt, error)
        }
    }
}
