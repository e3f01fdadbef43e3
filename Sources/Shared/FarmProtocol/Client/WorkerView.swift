public import FarmModel

/// A worker as operators see it.
public struct WorkerView: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable {
        case working, idle
        /// Connected, and nothing is heard of it.
        case silent
        /// Told to take no more; `leaving` of its own accord.
        case drained, leaving
        /// It failed what others can do; `reason` says more.
        case aside
        case away
    }

    public struct Slot: Codable, Hashable, Sendable {
        public var device: String
        public var deviceModel: String
        /// Bytes.
        public var memory: Int64
        /// Of the software there, as the worker told.
        public var versions: [String: String]
        public var encoders: [String]
        /// Attempts that it holds, the current one first.
        public var leases: [JobDetail.Running]
        /// The job that it looks for the best way to run.
        public var calibrates: JobID?
        /// Frames per second, lately.
        public var fps: Double?
        /// The pipeline's stage that limited its last segment.
        public var limit: StageTimes.Limit?

        public init(
            device: String, deviceModel: String, memory: Int64, versions: [String: String], encoders: [String],
            leases: [JobDetail.Running], calibrates: JobID?, fps: Double?, limit: StageTimes.Limit? = nil
        ) {
            self.device = device
            self.deviceModel = deviceModel
            self.memory = memory
            self.versions = versions
            self.encoders = encoders
            self.leases = leases
            self.calibrates = calibrates
            self.fps = fps
            self.limit = limit
        }
    }

    public var name: String
    public var state: State
    public var reason: String?
    public var slots: [Slot]
    public var segmentsDone: Int
    public var failures: Int
    /// Seconds since it was last heard of.
    public var lastHeard: Double?

    public init(
        name: String, state: State, reason: String?, slots: [Slot], segmentsDone: Int, failures: Int,
        lastHeard: Double?
    ) {
        self.name = name
        self.state = state
        self.reason = reason
        self.slots = slots
        self.segmentsDone = segmentsDone
        self.failures = failures
        self.lastHeard = lastHeard
    }
}
