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
    /// nil until a worker has calibrated, or the user fixed all of it.
    public var shape: ExecutionShape?
    /// In film order; a segment's index is its place here.
    public var segments: [SegmentPlan]
    /// Frames that no attempt could produce, ascending.
    public var struck: [Int]
    /// Why the job failed; empty otherwise.
    public var reasons: [String]

    public init(
        id: JobID, state: JobState = .running, shape: ExecutionShape?, segments: [SegmentPlan], struck: [Int] = [],
        reasons: [String] = []
    ) {
        self.id = id
        self.state = state
        self.shape = shape
        self.segments = segments
        self.struck = struck
        self.reasons = reasons
    }
}

/// A segment of a job, and what was tried on it.
public struct SegmentPlan: Codable, Hashable, Sendable {
    public var range: FrameRange
    /// GOPs of run-up that the next attempt gets beyond what its first frame needs.
    public var extraRunUp: Int
    /// Frames that some attempt could not produce, ascending.
    public var missing: [Int]
    /// In order of their numbers, which go up from 1 without a gap.
    public var attempts: [AttemptRecord]
    /// The accepted result.
    public var result: SegmentResult?

    public init(
        range: FrameRange, extraRunUp: Int = 0, missing: [Int] = [], attempts: [AttemptRecord] = [],
        result: SegmentResult? = nil
    ) {
        self.range = range
        self.extraRunUp = extraRunUp
        self.missing = missing
        self.attempts = attempts
        self.result = result
    }
}
