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
    /// A new job or one taken up again, already in the queue store. Jobs are worked on in the order of this event.
    case jobAdded(JobPlan)
    case jobCancelled(JobID)
    /// The coordinator itself cannot go on with the job: its film is gone, its spool cannot be written.
    case jobStopped(JobID, reason: String)
    /// The film has its name.
    case concatenated(JobID)
    case concatFailed(JobID, reason: String)

    case workerConnected(WorkerID, WorkerHello)
    /// The process or the connection is gone.
    case workerGone(WorkerID)
    /// The worker left in order.
    case goodbye(WorkerID)
    case heartbeat(WorkerID, Heartbeat)
    case calibrated(WorkerID, Calibration)
    /// An attempt's result is in the spool, fsynced, and passed the checks.
    case delivered(WorkerID, SegmentResult)
    /// An attempt's result did not arrive whole or did not pass the checks.
    case deliveryRefused(WorkerID, AttemptID, reason: String)
    case failed(WorkerID, AttemptFailure)
    /// The worker is to finish what it holds and take no more.
    case drain(WorkerID)

    /// Time passes. Expected about every second: leases lapse and back-offs end on it.
    case tick
}
