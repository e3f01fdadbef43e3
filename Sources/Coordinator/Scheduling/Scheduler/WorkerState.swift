internal import FarmModel
internal import FarmProtocol

/// A slot of a connected worker. Workers are numbered by the scheduler, so that a new connection changes nothing here.
struct SlotRef: Hashable, Comparable, Sendable {
    var worker: Int
    var slot: Int

    static func < (left: SlotRef, right: SlotRef) -> Bool { (left.worker, left.slot) < (right.worker, right.slot) }
}

/// A slot with room, in the order in which slots are filled: the emptiest first, and of those every worker's first before any worker's second.
struct OpenSlot: Hashable, Comparable, Sendable {
    var held: Int
    var ref: SlotRef

    static func < (left: OpenSlot, right: OpenSlot) -> Bool {
        (left.held, left.ref.slot, left.ref.worker) < (right.held, right.ref.slot, right.ref.worker)
    }
}

/// A connected worker.
struct WorkerState: Sendable {
    var connection: WorkerID
    /// Without what it held: that is looked at once.
    var hello: WorkerHello
    var lastHeard: Double
    var isSilent = false
    /// Of its own accord.
    var isLeaving = false
    /// May be given work; as the pools have it.
    var isAvailable = false
    var slots: [SlotState]
    /// Attempts that it holds of jobs that are not added yet; true once their result came.
    var unclaimed: [AttemptID: Bool] = [:]

    var name: String { hello.worker.name }

    init(connection: WorkerID, hello: WorkerHello, now: Double) {
        self.connection = connection
        self.hello = hello
        self.hello.held = []
        lastHeard = now
        slots = hello.slots.map { _ in SlotState() }
    }
}

struct SlotState: Sendable {
    struct Lease: Sendable {
        var attempt: AttemptID
        /// The connection that it went out on.
        var via: WorkerID
        /// When it was leased or adopted.
        var leased: Double
        /// It was under way before: nobody knows since when, and nothing is learnt from it.
        var isAdopted = false
        var expires: Double
        /// Frames encoded so far, as the worker says.
        var frames = 0
        /// When the slot came to it; nil while it is held for later.
        var begun: Double?
        /// When `frames` last grew, or it began.
        var progressed: Double
        /// Where the job's lists for its tail have it.
        var tail: TailKey?
    }

    struct Calibration: Sendable {
        var job: JobID
        /// nil while the slot finishes what it holds.
        var started: Double?
    }

    /// The current one first, then the next.
    var leases: [Lease] = []
    var calibration: Calibration?
    /// The pools that it can work for.
    var pools: [Int] = []
    /// As the pools have it; nil where it has no room.
    var open: OpenSlot?
    /// Seconds for a megapixel of output, lately.
    var pace: Double?
    /// The pace is of whole segments, not a first guess.
    var isPaceProven = false
    /// The pipeline's stage that limited its last segment.
    var limit: StageTimes.Limit?
}

/// What is remembered of a worker by its name, connected or not.
struct WorkerNote: Sendable {
    var hello: WorkerHello?
    var isDrained = false
    var asideReason: String?
    /// What failed on it since its last success, each once.
    var streak: [FailedWork] = []
    /// Why the last of it failed.
    var lastFailure = ""
    var segmentsDone = 0
    var failures = 0
    var lastHeard: Double?
    /// As the list of those that are away has it; nil while it is here.
    var away: AwayKey?
}

/// What a worker can fail.
enum FailedWork: Hashable, Sendable, CustomStringConvertible {
    case segment(SegmentID)
    /// The search for a job's execution shape.
    case calibration(JobID)

    var description: String {
        switch self {
        case .segment(let segment): "\(segment)"
        case .calibration(let job): "the calibration of \(job)"
        }
    }
}

/// A worker that may not be given work, and since when.
struct AwayKey: Hashable, Comparable, Sendable {
    var since: Double
    var name: String

    static func < (left: AwayKey, right: AwayKey) -> Bool { (left.since, left.name) < (right.since, right.name) }
}
