public import FarmModel

/// Where a job stands. `running` includes the wait for a calibration, which `JobPlan.shape == nil` tells.
public enum JobState: String, Codable, Hashable, Sendable, CaseIterable {
    case running
    /// Every segment is accepted; the film is being joined.
    case concatenating
    case done
    case failed
    case cancelled

    public var isEnded: Bool { self == .done || self == .failed || self == .cancelled }
}

/// What the scheduler knows of a job: the durable part of its state, as the queue store keeps it.
public struct JobPlan: Codable, Hashable, Sendable {
    public var id: JobID
    public var state: JobState
    /// Higher goes first; of equal ones the older job.
    public var priority: Int
    /// It gets no new leases until it is resumed.
    public var isPaused: Bool
    /// The place in the order of submission; set by the store.
    public var order: Int64
    /// The name of the key that it was submitted with; nil where none was needed.
    public var owner: String?
    /// What a slot must have to work on it.
    public var needs: JobNeeds
    /// Pixels of an output frame: what a frame costs, next to another job's.
    public var weight: Double
    /// nil until a worker has calibrated, or the user fixed all of it.
    public var shape: ExecutionShape?
    /// In film order; a segment's index is its place here.
    public var segments: [SegmentPlan]
    /// Frames that no attempt could produce, ascending.
    public var struck: [Int]
    /// Why the job failed; empty otherwise.
    public var reasons: [String]

    public init(
        id: JobID, state: JobState = .running, priority: Int = 0, isPaused: Bool = false, order: Int64 = 0,
        owner: String? = nil, needs: JobNeeds = JobNeeds(), weight: Double = 1, shape: ExecutionShape?,
        segments: [SegmentPlan], struck: [Int] = [], reasons: [String] = []
    ) {
        self.id = id
        self.state = state
        self.priority = priority
        self.isPaused = isPaused
        self.order = order
        self.owner = owner
        self.needs = needs
        self.weight = weight
        self.shape = shape
        self.segments = segments
        self.struck = struck
        self.reasons = reasons
    }
}
