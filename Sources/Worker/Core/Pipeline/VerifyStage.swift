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
            let (missing, damaged) = (segment.missing, segment.damaged)
            let blob = try verify(segment.order, missing)
            return .finished(
                SegmentResult(
                    attempt: segment.attempt, output: blob, frames: segment.emitted, missing: missing,
                    damaged: damaged.isEmpty ? nil : damaged,
                    stages: segment.times))
        } catch {
            return .failed(segment.attempt, error)
        }
    }
}
