public import FarmModel

/// A job as its user sees it.
public struct JobView: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable {
        /// Its film is being read.
        case preparing
        /// A worker looks for the best way to run it.
        case calibrating
        case running
        case paused
        case joining
        case done, failed, cancelled

        public var isEnded: Bool { self == .done || self == .failed || self == .cancelled }
    }

    public struct Segments: Codable, Hashable, Sendable {
        public var accepted: Int
        public var leased: Int
        public var waiting: Int

        public init(accepted: Int, leased: Int, waiting: Int) {
            self.accepted = accepted
            self.leased = leased
            self.waiting = waiting
        }

        public var total: Int { accepted + leased + waiting }
    }

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
    /// The film's file name.
    public var film: String
    /// The name of the key that it was submitted with; nil where none was needed.
    public var owner: String?
    public var state: State
    public var priority: Int
    /// Frames done and in all; of a film that is being read or joined, whatever is counted there.
    public var frames: Int
    public var total: Int
    public var segments: Segments
    /// Frames per second, lately.
    public var fps: Double?
    public var eta: ETA?
    /// Why nothing, or not more, is done for it now, a line each.
    public var waits: [String]
    /// Why it failed, a line each.
    public var reasons: [String]
    /// Where the film is or will be, at the coordinator; nil where it is kept for `fetch`.
    public var output: String?
    /// Seconds since 1970.
    public var submitted: Double
    /// When it last changed its state.
    public var updated: Double

    public init(
        id: JobID, film: String, owner: String?, state: State, priority: Int = 0, frames: Int = 0, total: Int = 0,
        segments: Segments = Segments(accepted: 0, leased: 0, waiting: 0), fps: Double? = nil, eta: ETA? = nil,
        waits: [String] = [], reasons: [String] = [], output: String? = nil, submitted: Double, updated: Double
    ) {
        self.id = id
        self.film = film
        self.owner = owner
        self.state = state
        self.priority = priority
        self.frames = frames
        self.total = total
        self.segments = segments
        self.fps = fps
        self.eta = eta
        self.waits = waits
        self.reasons = reasons
        self.output = output
        self.submitted = submitted
        self.updated = updated
    }

    public var fraction: Double { total > 0 ? min(1, Double(frames) / Double(total)) : 0 }
}

/// A job with all that `show` tells.
public struct JobDetail: Codable, Hashable, Sendable {
    /// A segment under way.
    public struct Running: Codable, Hashable, Sendable {
        public var attempt: AttemptID
        public var worker: String
        /// Frames done and in all.
        public var frames: Int
        public var total: Int
        /// Since the lease.
        public var seconds: Double

        public init(attempt: AttemptID, worker: String, frames: Int, total: Int, seconds: Double) {
            self.attempt = attempt
            self.worker = worker
            self.frames = frames
            self.total = total
            self.seconds = seconds
        }
    }

    /// An attempt that came to nothing.
    public struct Failure: Codable, Hashable, Sendable {
        public var attempt: AttemptID
        public var worker: String
        public var reason: String
        /// The last lines of its engine's log.
        public var log: [String]

        public init(attempt: AttemptID, worker: String, reason: String, log: [String]) {
            self.attempt = attempt
            self.worker = worker
            self.reason = reason
            self.log = log
        }
    }

    public var job: JobView
    /// Picture sizes, model, encoder: a line.
    public var recipe: String
    public var running: [Running]
    /// The running segment that will end last, as far as can be told.
    public var slowest: Running?
    /// The last ones, oldest first.
    public var failures: [Failure]
    public var warnings: [String]
    /// The share of the pipeline's time in which devices worked, 0 to 1.
    public var deviceBusy: Double
    /// Frames of the result, once it is done.
    public var resultFrames: Int?

    public init(
        job: JobView, recipe: String = "", running: [Running] = [], slowest: Running? = nil, failures: [Failure] = [],
        warnings: [String] = [], deviceBusy: Double = 0, resultFrames: Int? = nil
    ) {
        self.job = job
        self.recipe = recipe
        self.running = running
        self.slowest = slowest
        self.failures = failures
        self.warnings = warnings
        self.deviceBusy = deviceBusy
        self.resultFrames = resultFrames
    }
}

/// One line of what happened to a job.
public struct HistoryView: Codable, Hashable, Sendable {
    /// Ascending; what `logs` asks to go on after.
    public var number: Int64
    /// Seconds since 1970.
    public var time: Double
    public var segment: Int?
    public var attempt: Int?
    public var kind: String
    public var detail: String

    public init(number: Int64, time: Double, segment: Int?, attempt: Int?, kind: String, detail: String) {
        self.number = number
        self.time = time
        self.segment = segment
        self.attempt = attempt
        self.kind = kind
        self.detail = detail
    }
}
