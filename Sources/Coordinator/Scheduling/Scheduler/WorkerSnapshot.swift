public import FarmModel
public import FarmProtocol

/// A worker as the scheduler sees it, connected or not.
public struct WorkerSnapshot: Codable, Hashable, Sendable {
    public struct Slot: Codable, Hashable, Sendable {
        public var description: SlotDescription
        /// The current one first. Empty of a worker that is not connected.
        public var leases: [AttemptSnapshot]
        /// The job whose execution shape it looks for.
        public var calibrates: JobID?
        /// Seconds that a megapixel of output takes here, lately; nil before its first segment.
        public var pace: Double?
        /// Frames per second of the job at hand; nil where nothing is or the pace is not known.
        public var framesPerSecond: Double?
        /// The pipeline's stage that limited its last segment.
        public var limit: StageTimes.Limit?
    }

    public var name: String
    public var isConnected: Bool
    /// Connected, and nothing was heard of it for a lease's lifetime.
    public var isSilent: Bool
    /// An operator wants it to take no more.
    public var isDrained: Bool
    /// It is leaving of its own accord.
    public var isLeaving: Bool
    /// Why it is set aside.
    public var asideReason: String?
    public var slots: [Slot]
    /// Segments accepted from it, and attempts that failed on it, since this coordinator started.
    public var segmentsDone: Int
    public var failures: Int
    /// Since it was last heard of; nil where this coordinator never heard of it.
    public var secondsSilent: Double?
}
