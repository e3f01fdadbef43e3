public import FarmModel
public import FarmProtocol

/// A connection of a worker, as the shell that owns the sockets names it.
public struct WorkerID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
}

/// What happened, for the scheduler to decide on.
public enum SchedulerEvent: Hashable, Sendable {
    // MARK: Jobs

    /// A new job or one taken up again, already in the queue store. Its open attempts may be under way still: they wait
    /// for their workers for a lease's lifetime.
    case jobAdded(JobPlan)
    case jobCancelled(JobID)
    /// The coordinator itself cannot go on with the job: its film is gone, its spool cannot be written.
    case jobStopped(JobID, reason: String)
    /// An ended job is to be forgotten.
    case jobRemoved(JobID)
    /// An operator's or owner's wish: no new leases; what is leased is finished.
    case jobPaused(JobID)
    case jobResumed(JobID)
    case jobPriority(JobID, Int)
    /// The film has its name.
    case concatenated(JobID)
    case concatFailed(JobID, reason: String)
    /// Joining lacks disk space: it is tried again after a while, and when there is space.
    case concatHeld(JobID, reason: String)
    /// The file of an accepted result was found gone or short. May be said before the job is added.
    case resultMissing(AttemptID, reason: String)

    // MARK: Workers

    case workerConnected(WorkerID, WorkerHello)
    /// The worker is gone for good: its key was revoked, its process is known to have ended.
    case workerGone(WorkerID)
    /// Something said to the worker could not go out: its connection broke, or takes no more. The process may well be at work:
    /// it keeps what it holds until that lapses, and gets nothing more before it is heard again.
    case workerUnreachable(WorkerID)
    /// The worker left in order.
    case goodbye(WorkerID)
    case heartbeat(WorkerID, Heartbeat)
    case calibrated(WorkerID, Calibration)
    /// An attempt's result is in the spool, fsynced, and passed the checks.
    case delivered(WorkerID, SegmentResult)
    /// A result that `refusal` speaks against, and that nobody has checked.
    case uncounted(WorkerID, SegmentResult)
    /// An attempt's result did not arrive whole or did not pass the checks.
    case deliveryRefused(WorkerID, AttemptID, reason: String)
    /// An attempt's result could not be stored for lack of space: it is withdrawn, and that is nobody's failure.
    case deliveryHeld(WorkerID, AttemptID, reason: String)
    case failed(WorkerID, AttemptFailure)
    /// The shell still cuts the input of these attempts, which it was told to lease or adopt: their time begins only when
    /// it is done. Expected well within a lease's lifetime, for as long as it lasts.
    case cutting([AttemptID])
    /// The worker itself is leaving: it finishes what it holds and takes no more.
    case drain(WorkerID)

    // MARK: Operators, by a worker's name

    /// Said at the start of what the store holds.
    case workerKnown(WorkerRecord)
    /// The worker is to take no more, and to stay connected.
    case drainWorker(String)
    case undrainWorker(String)
    /// A worker that was set aside is trusted again.
    case reinstateWorker(String)

    // MARK: The machine

    /// The state directory's disk is full: nothing is leased and nothing joined.
    case diskFull(reason: String)
    case diskFree
    /// Time passes. Expected about every second: leases lapse and back-offs end on it.
    case tick
}
