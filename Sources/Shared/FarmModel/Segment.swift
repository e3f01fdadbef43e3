/// A job's name: short enough to type.
public struct JobID: RawRepresentable, Codable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(String.self) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
    public var description: String { rawValue }
}

/// One segment of one job.
public struct SegmentID: Codable, Hashable, Sendable, CustomStringConvertible {
    public var job: JobID
    /// Position in the film, from 0.
    public var index: Int

    public init(job: JobID, index: Int) {
        self.job = job
        self.index = index
    }

    public var description: String { "\(job)/\(index)" }
}

/// One numbered try of a segment: the fence that makes a result count once (P5).
public struct AttemptID: Codable, Hashable, Sendable, CustomStringConvertible {
    public var segment: SegmentID
    /// From 1.
    public var number: Int

    public init(segment: SegmentID, number: Int) {
        self.segment = segment
        self.number = number
    }

    public var description: String { "\(segment)#\(number)" }
}

/// Bytes that the bulk channel carries: who has them calls them `id`; length and hash prove they arrived.
public struct BlobReference: Codable, Hashable, Sendable {
    public var id: String
    /// Bytes.
    public var size: Int64
    /// SHA-256 in hexadecimal.
    public var sha256: String

    public init(id: String, size: Int64, sha256: String) {
        self.id = id
        self.size = size
        self.sha256 = sha256
    }
}

/// All that a worker needs to make one segment, once it has fetched `input`.
public struct SegmentTask: Codable, Hashable, Sendable {
    public var attempt: AttemptID
    /// The frames to emit.
    public var range: FrameRange
    /// The frames to decode and upscale: `range` and the overlap around it.
    public var context: FrameRange
    /// The frames inside `range` with which the encoder begins anew, ascending; nil where there are none.
    public var keyframes: [Int]?
    /// Presentation timestamps of the frames of `context`, in the source's time base, ascending.
    public var timestamps: [Int64]
    public var recipe: Recipe
    /// The packets, as a packet file.
    public var input: BlobReference

    public init(
        attempt: AttemptID, range: FrameRange, context: FrameRange, keyframes: [Int]? = nil, timestamps: [Int64],
        recipe: Recipe, input: BlobReference
    ) {
        self.attempt = attempt
        self.range = range
        self.context = context
        self.keyframes = keyframes
        self.timestamps = timestamps
        self.recipe = recipe
        self.input = input
    }
}

/// What a finished attempt delivered.
public struct SegmentResult: Codable, Hashable, Sendable {
    public var attempt: AttemptID
    /// The encoded segment, as a packet file.
    public var output: BlobReference
    /// Frames emitted.
    public var frames: Int
    /// Promised frames of the segment's range that no decoder gave, ascending.
    public var missing: [Int]
    /// Frames of the segment's range whose samples a decoder partly made up, ascending; nil where there are none.
    public var damaged: [Int]?
    /// Promised frames of the overlap that no decoder gave, ascending; nil where there are none.
    public var missingAround: [Int]?
    public var stages: StageTimes

    public init(
        attempt: AttemptID, output: BlobReference, frames: Int, missing: [Int], damaged: [Int]? = nil,
        missingAround: [Int]? = nil, stages: StageTimes
    ) {
        self.attempt = attempt
        self.output = output
        self.frames = frames
        self.missing = missing
        self.damaged = damaged
        self.missingAround = missingAround
        self.stages = stages
    }

    /// All that was promised and did not come.
    public var lacking: [Int] { missingAround.map { ($0 + missing).sorted() } ?? missing }
}

/// Seconds that each stage of the pipeline worked, and waited for its neighbour, during one segment.
public struct StageTimes: Codable, Hashable, Sendable {
    public struct Stage: Codable, Hashable, Sendable {
        public var busy: Double
        /// Waiting for input.
        public var starved: Double
        /// Waiting for room in the queue behind it.
        public var blocked: Double

        public init(busy: Double = 0, starved: Double = 0, blocked: Double = 0) {
            self.busy = busy
            self.starved = starved
            self.blocked = blocked
        }

        public mutating func add(_ other: Stage) {
            busy += other.busy
            starved += other.starved
            blocked += other.blocked
        }
    }

    public var decode = Stage()
    public var inference = Stage()
    public var encode = Stage()

    public init() {}

    public mutating func add(_ other: StageTimes) {
        decode.add(other.decode)
        inference.add(other.inference)
        encode.add(other.encode)
    }
}
