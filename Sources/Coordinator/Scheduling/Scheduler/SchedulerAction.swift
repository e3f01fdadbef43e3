public import FarmModel

/// What the shell is to do, in this order. `persist` comes first: it must be durable before the rest is done, and if it
/// cannot be made durable, nothing of the rest may be done and the scheduler must be built anew from the store.
public enum SchedulerAction: Hashable, Sendable {
    case persist([QueueChange])

    case welcome(WorkerID)
    /// The connection is of no use; the worker is told why.
    case reject(WorkerID, reason: String)
    /// The connection is not known: the worker is to say hello again.
    case stranger(WorkerID)
    /// The job's execution shape is to be found on an idle device of the worker.
    case calibrate(WorkerID, slot: Int, JobID)
    /// Cut the segment, with so many GOPs of run-up beyond what it needs, and lease it.
    case lease(WorkerID, slot: Int, AttemptID, extraRunUp: Int)
    /// An attempt that was under way before this coordinator started, at the worker still, is a current one again: its
    /// input is served and its result expected anew, and no lease is sent.
    case adopt(WorkerID, slot: Int, AttemptID, extraRunUp: Int)
    case accept(WorkerID, AttemptID)
    /// The result does not count; the worker forgets the attempt.
    case refuse(WorkerID, AttemptID, reason: String)
    /// The worker is to stop the attempt.
    case cancel(WorkerID, AttemptID)
    case drain(WorkerID)

    /// Once for every attempt that was leased or adopted: its input can be withdrawn. The outcome is for the log.
    case attemptEnded(AttemptID, AttemptOutcome)
    /// The delivered bytes of this attempt are not wanted; never said of an accepted attempt.
    case discard(AttemptID)
    /// The frames are no part of the film; the user is warned with their times.
    case strike(JobID, frames: [Int])
    /// Every segment is accepted: concatenate, then say `concatenated`, `concatFailed` or `concatHeld`.
    case jobReady(JobID)
    /// The job has failed; one line a reason.
    case jobFailed(JobID, reasons: [String])
}
