public import FarmModel
public import FarmProtocol

/// A change of the queue that must be durable before anyone is told of it (P5). The changes of one
/// `SchedulerAction.persist` belong together: they are applied in order, all or none.
public enum QueueChange: Codable, Hashable, Sendable {
    /// The job's execution shape is fixed for all its segments (P2).
    case pinned(JobID, ExecutionShape)
    /// An attempt begins. Durable before the lease goes out, so that no later life of the coordinator gives its number again.
    case leased(AttemptID, worker: String, slot: Int, extraRunUp: Int)
    /// An attempt ended without being accepted.
    case ended(AttemptID, AttemptOutcome)
    /// The segment's next attempt gets so many GOPs of run-up; `missing` are all frames that some attempt could not produce.
    case runUp(SegmentID, extra: Int, missing: [Int])
    /// The attempt ended and its result is the segment's.
    case accepted(SegmentResult)
    /// The file of an accepted result is gone or short: the segment waits again, and none of its frames is struck.
    case retracted(AttemptID, reason: String)
    /// The frames are no part of the film: two attempts could not produce them.
    case struck(JobID, frames: [Int])
    case state(JobID, JobState, reasons: [String])
    /// What the user should know of the film that came out. Not the scheduler's: whoever carries its decisions out adds it.
    case warned(JobID, [String])
    /// The job is taken up again after failing: the attempts so far no longer count against their segments.
    case reopened(JobID)
    case paused(JobID, Bool)
    case priority(JobID, Int)

    /// A worker's process said hello for the first time.
    case workerSeen(WorkerHello)
    case workerDrained(name: String, Bool)
    /// The worker is set aside for this reason; nil: it is trusted again.
    case workerAside(name: String, reason: String?)

    /// nil for what is about a worker.
    public var job: JobID? {
        switch self {
        case .pinned(let job, _), .struck(let job, _), .state(let job, _, _), .warned(let job, _), .reopened(let job),
            .paused(let job, _),
            .priority(let job, _):
            job
        case .leased(let attempt, _, _, _), .ended(let attempt, _), .retracted(let attempt, _): attempt.segment.job
        case .runUp(let segment, _, _): segment.job
        case .accepted(let result): result.attempt.segment.job
        case .workerSeen, .workerDrained, .workerAside: nil
        }
    }
}
