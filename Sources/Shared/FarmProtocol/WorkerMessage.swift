public import FarmModel

/// What a worker tells the coordinator.
public enum WorkerMessage: Hashable, Sendable {
    case hello(WorkerHello)
    case heartbeat(Heartbeat)
    case calibrated(Calibration)
    case result(SegmentResult)
    case failure(AttemptFailure)
    /// The worker finishes what it holds and wants no more.
    case draining
    case goodbye
}

/// The first message on a connection.
public struct WorkerHello: Codable, Hashable, Sendable {
    public var worker: WorkerIdentity
    public var slots: [SlotDescription]
    /// The attempts that this process holds: begun, waiting, or with a report that nobody answered yet. What the
    /// coordinator takes for leased to it and is not here never arrived.
    public var held: [AttemptID]

    public init(worker: WorkerIdentity, slots: [SlotDescription], held: [AttemptID] = []) {
        self.worker = worker
        self.slots = slots
        self.held = held
    }
}

extension WorkerHello {
    /// Why nobody can be greeted so; nil where nothing is wrong with it.
    public var fault: String? {
        guard WorkerIdentity.isUsable(worker.name) else {
            return "a worker cannot be called '\(worker.name.harmless.prefix(utf8: 200))': \(WorkerIdentity.rule)"
        }
        guard (1...Self.mostSlots).contains(slots.count) else {
            return "a worker has 1 to \(Self.mostSlots) slots, and this has \(slots.count)"
        }
        return nil
    }

    private static var mostSlots: Int { 256 }
}

public struct WorkerIdentity: Codable, Hashable, Sendable {
    /// What people call it; unique in a farm.
    public var name: String
    /// Raised at every start, so that a message from an earlier life is recognised.
    public var epoch: Int64
    public var processID: Int32

    public init(name: String, epoch: Int64, processID: Int32) {
        self.name = name
        self.epoch = epoch
        self.processID = processID
    }

    /// What `isUsable` asks of a name, for people.
    public static let rule = "take 1 to 128 letters, digits, '.', '-' and '_', no '.' first"

    /// A name is also that of a directory.
    public static func isUsable(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": true
                default: false
                }
            }
    }
}

/// One device of a worker.
public struct SlotDescription: Codable, Hashable, Sendable {
    /// `cpu`, `cuda:0`, …
    public var device: String
    /// The device's model, as its driver or the processor names it.
    public var deviceModel: String
    /// Of the software that makes the result: `worker` is the release of this project, the rest are libraries.
    public var versions: [String: String]
    /// Bytes.
    public var memory: Int64
    public var encoders: [String]

    public init(device: String, deviceModel: String, versions: [String: String], memory: Int64, encoders: [String]) {
        self.device = device
        self.deviceModel = deviceModel
        self.versions = versions
        self.memory = memory
        self.encoders = encoders
    }
}

/// Sent at the interval that `welcome` gave, and only as long as the pipeline itself moves: a stuck worker falls silent.
public struct Heartbeat: Codable, Hashable, Sendable {
    public struct Progress: Codable, Hashable, Sendable {
        public var attempt: AttemptID
        /// Frames encoded so far.
        public var frames: Int

        public init(attempt: AttemptID, frames: Int) {
            self.attempt = attempt
            self.frames = frames
        }
    }

    /// Every attempt that the worker holds, whether begun or not.
    public var attempts: [Progress]

    public init(attempts: [Progress]) { self.attempts = attempts }
}

/// How a worker's device runs a job best.
public struct Calibration: Codable, Hashable, Sendable {
    public var job: JobID
    public var shape: ExecutionShape
    /// Frames per second of the network alone, at that shape; nil where it was remembered and not measured.
    public var framesPerSecond: Double?

    public init(job: JobID, shape: ExecutionShape, framesPerSecond: Double? = nil) {
        self.job = job
        self.shape = shape
        self.framesPerSecond = framesPerSecond
    }
}

/// An attempt, or a calibration, that came to nothing.
public struct AttemptFailure: Codable, Hashable, Sendable {
    /// nil where a calibration failed.
    public var attempt: AttemptID?
    public var job: JobID
    /// What failed, on what and why, in a line.
    public var reason: String
    /// The engine died of it.
    public var crashed: Bool
    /// The last lines of the engine's log, oldest first; nil where it said nothing.
    public var log: [String]?
    /// The frame of the film from which on its pictures are not those that the job was made for, which no other attempt can
    /// change; nil where that is not the reason.
    public var misfit: Int?

    public init(
        attempt: AttemptID?, job: JobID, reason: String, crashed: Bool, log: [String]? = nil, misfit: Int? = nil
    ) {
        self.attempt = attempt
        self.job = job
        self.reason = reason
        self.crashed = crashed
        self.log = log
        self.misfit = misfit
    }
}

extension AttemptFailure {
    /// As much of it as is kept and shown to people, without what a terminal would obey.
    public var bounded: AttemptFailure {
        var failure = self
        failure.reason = reason.harmless.prefix(utf8: 2000)
        failure.log = log?.suffix(30).map { $0.harmless.prefix(utf8: 500) }
        return failure
    }
}
