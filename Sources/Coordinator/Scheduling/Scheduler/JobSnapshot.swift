public import FarmModel

/// Where a job stands, for people.
public struct JobSnapshot: Codable, Hashable, Sendable {
    /// Seconds to go, from the best to the worst guess.
    public struct ETA: Codable, Hashable, Sendable {
        public var low: Double
        public var high: Double

        public init(low: Double, high: Double) {
            self.low = low
            self.high = high
        }
    }

    public var id: JobID
    public var state: JobState
    public var priority: Int
    public var isPaused: Bool
    public var owner: String?
    public var needs: JobNeeds
    /// The job waits for its execution shape.
    public var isCalibrating: Bool
    public var shape: ExecutionShape?
    public var segmentsAccepted: Int
    public var segmentsLeased: Int
    public var segmentsWaiting: Int
    /// Candidate frames of the film's table, those struck included.
    public var framesTotal: Int
    /// Frames of accepted segments, and what heartbeats say of those under way.
    public var framesDone: Int
    public var struck: [Int]
    /// What came to nothing so far, one line each; of a failed job, its reasons.
    public var failures: [String]
    /// Why nothing, or not more, is done for it now; the most telling one first.
    public var waits: [WaitReason]
    /// nil while it cannot be told: before the first segments are through, paused, nobody to work.
    public var eta: ETA?
    /// Frames per second of all that are at work on it; nil where none has shown its pace yet.
    public var framesPerSecond: Double?
    /// Attempts that workers hold, in film order.
    public var underWay: [AttemptSnapshot]
    /// The begun attempt that will probably end last.
    public var slowest: AttemptSnapshot?
}

/// An attempt that a worker holds.
public struct AttemptSnapshot: Codable, Hashable, Sendable {
    public var attempt: AttemptID
    /// The worker's name.
    public var worker: String
    public var slot: Int
    public var framesDone: Int
    public var frames: Int
    /// Seconds since it was leased or, once begun, since then.
    public var seconds: Double
    /// The slot works on it; false: it is held for later.
    public var isBegun: Bool
    /// Seconds that it will probably still take; nil where nobody's pace is known.
    public var expected: Double?
    /// Another attempt of the segment is under way too.
    public var isPaired: Bool
}

/// A reason why a job does not get on.
public struct WaitReason: Codable, Hashable, Sendable {
    public enum Code: String, Codable, Hashable, Sendable, CaseIterable {
        case paused, diskFull, noWorker, noEncoder, noMemory, noDevice, drained, leaving, aside, silent, calibration,
            backOff
        /// Slots that have not failed on it are busy; others have room.
        case untried
        /// The workers of an earlier life of the coordinator are waited for.
        case reconnection
        /// Jobs that go first have all the slots.
        case behind
    }

    public var code: Code
    /// For people: a phrase without a full stop.
    public var text: String

    public init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }
}
