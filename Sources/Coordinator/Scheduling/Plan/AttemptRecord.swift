/// One numbered try of a segment: who had it and what came of it.
public struct AttemptRecord: Codable, Hashable, Sendable {
    /// From 1.
    public var number: Int
    /// The worker's name.
    public var worker: String
    public var slot: Int
    /// GOPs of run-up that it was given beyond what its first frame needs.
    public var extraRunUp: Int
    /// nil while the lease runs.
    public var outcome: AttemptOutcome?
    /// It happened before the job was taken up again after failing: it fences, and no longer counts against the segment.
    public var isForgiven: Bool

    public init(
        number: Int, worker: String, slot: Int, extraRunUp: Int = 0, outcome: AttemptOutcome? = nil,
        isForgiven: Bool = false
    ) {
        self.number = number
        self.worker = worker
        self.slot = slot
        self.extraRunUp = extraRunUp
        self.outcome = outcome
        self.isForgiven = isForgiven
    }
}

/// How an attempt ended.
public enum AttemptOutcome: Codable, Hashable, Sendable {
    case accepted
    /// The worker reported that it came to nothing; `crashed`: its engine died of it;
    /// `log`: the last lines of the engine's log, oldest first.
    case failed(reason: String, crashed: Bool, log: [String]? = nil)
    /// The delivered segment did not pass the coordinator's check.
    case refused(reason: String)
    /// Promised frames were missing: the segment is tried again with more run-up.
    case incomplete(missing: [Int])
    /// The worker went away or fell silent; `begun`: it was at work on this segment, not holding it for later.
    case lost(reason: String, begun: Bool)
    /// The coordinator took it back, or an orderly worker gave it back.
    case withdrawn(reason: String)

    /// The segment itself is the likely cause: what fails a job after a few.
    public var isFailure: Bool {
        switch self {
        case .failed, .refused: true
        case .accepted, .incomplete, .lost, .withdrawn: false
        }
    }

    /// A process went away while it worked on the segment: a kill, a power cut, or a segment that takes it down.
    public var isLoss: Bool {
        if case .lost(_, begun: true) = self { true } else { false }
    }

    /// Why the attempt is not the accepted one, in a phrase; nil for the accepted one.
    public var reason: String? {
        switch self {
        case .accepted: nil
        case .failed(let reason, let crashed, _): crashed ? "engine crashed: \(reason)" : reason
        case .refused(let reason): "result refused: \(reason)"
        case .incomplete(let missing):
            "\(missing.count) frames could not be decoded, the first is \(missing.first ?? 0)"
        case .lost(let reason, _): reason
        case .withdrawn(let reason): reason
        }
    }
}
