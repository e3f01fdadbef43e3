public import FarmModel

/// What the coordinator tells a worker.
public enum CoordinatorMessage: Hashable, Sendable {
    case welcome(Welcome)
    /// The connection is refused; the reason says which side must change.
    case reject(reason: String)
    /// The coordinator does not know this connection: the worker says hello again.
    case stranger
    case calibrate(CalibrationRequest)
    case lease(Lease)
    /// The result is durable: the worker may forget the attempt.
    case accepted(AttemptID)
    /// The result does not count; the worker forgets the attempt all the same.
    case refused(AttemptID, reason: String)
    /// Stop this attempt; its result would not count.
    case cancel(AttemptID)
    /// Finish what is leased, take no more, leave.
    case drain
}

public struct Welcome: Codable, Hashable, Sendable {
    /// Seconds between heartbeats.
    public var heartbeatInterval: Double

    public init(heartbeatInterval: Double) { self.heartbeatInterval = heartbeatInterval }
}

public struct CalibrationRequest: Codable, Hashable, Sendable {
    public var job: JobID
    /// The worker's slot that is to find out.
    public var slot: Int
    public var recipe: Recipe
    /// What the user fixed; the rest is the worker's to find.
    public var tile: Int?
    public var batch: Int?
    public var precision: Precision
    /// Where a worker that lacks the model's file fetches it; nil for `nearest`.
    public var model: BlobReference?

    public init(
        job: JobID, slot: Int, recipe: Recipe, tile: Int?, batch: Int?, precision: Precision,
        model: BlobReference? = nil
    ) {
        self.job = job
        self.slot = slot
        self.recipe = recipe
        self.tile = tile
        self.batch = batch
        self.precision = precision
        self.model = model
    }
}

/// An expiring right to a segment.
public struct Lease: Codable, Hashable, Sendable {
    public var task: SegmentTask
    /// The worker's slot that it is for.
    public var slot: Int
    /// Seconds without a heartbeat that names the attempt after which the lease lapses.
    public var lifetime: Double
    /// Where a worker that lacks the model's file fetches it; nil for `nearest`.
    public var model: BlobReference?

    public init(task: SegmentTask, slot: Int, lifetime: Double, model: BlobReference? = nil) {
        self.task = task
        self.slot = slot
        self.lifetime = lifetime
        self.model = model
    }
}
