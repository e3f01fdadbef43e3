public import FarmModel

/// A change of the queue that must be durable before anyone is told of it (P5). The changes of one
/// `SchedulerAction.persist` belong together: they are applied in order, all or none.
public enum QueueChange: Codable, Hashable, Sendable {
    /// The job's execution shape is fixed for all its segments (P2).
    case pinned(JobID, ExecutionShape)
    /// An attempt begins. Durable before the lease goes out, so that no later life of the coordinator gives its number again.
    case leased(AttemptID, worker: String, slot: Int)
    /// An attempt ended without being accepted.
    case ended(AttemptID, AttemptOutcome)
    /// The segment's next attempt gets so many GOPs of run-up; `missing` are all frames that some attempt could not produce.
    case runUp(SegmentID, extra: Int, missing: [Int])
    /// The attempt ended and its result is the segment's.
    case accepted(SegmentResult)
    /// The frames are no part of the film: two attempts could not produce them.
    case struck(JobID, frames: [Int])
    case state(JobID, JobState, reasons: [String])
    /// The job is taken up again after failing: the attempts so far no longer count against their segments.
    case reopened(JobID)

    public var job: JobID {
        switch self {
        case .pinned(let job, _), .struck(let job, _), .state(let job, _, _), .reopened(let job): job
        case .leased(let attempt, _, _), .ended(let attempt, _): attempt.segment.job
        case .runUp(let segment, _, _): segment.job
        case .accepted(let result): result.attempt.segment.job
        }
    }
}
