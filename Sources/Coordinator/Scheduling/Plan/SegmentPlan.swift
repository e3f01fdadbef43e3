public import FarmModel

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
