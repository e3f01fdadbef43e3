internal import FarmModel

/// Decides who works on what: a pure state machine of workers, slots, jobs and segments.
///
/// It has no clock, no I/O and no randomness: the same events at the same times give the same actions, so a farm can be
/// simulated from a seed. A shell feeds it events and performs the actions, durable ones first (P5).
///
/// What counts against a segment, and what does not:
/// - An attempt that *failed* (the worker reported an error or a crashed engine, or the result did not pass the check)
///   counts: `failureLimit` of them fail the job.
/// - An attempt that was *lost* (worker killed, box gone, lease lapsed) says little about its segment, so only the
///   attempt that the slot was working on counts, and only `lossLimit` of them fail the job: enough for a box that is
///   killed again and again, and still an end for a segment that takes every worker down.
/// - A result with *missing frames* is no failure: the segment is tried again with more run-up, and only frames that two
///   attempts could not produce are struck.
public struct Scheduler: Sendable {
    public let configuration: SchedulerConfiguration
    var jobs: [JobID: JobRun] = [:]
    /// In the order of submission. Nothing may depend on a dictionary's order: a replay would differ.
    var jobOrder: [JobID] = []
    var workers: [WorkerID: WorkerState] = [:]
    /// In the order of connection.
    var workerOrder: [WorkerID] = []
    var outbox = Outbox()
    var lastHandled: Double?

    public init(configuration: SchedulerConfiguration = SchedulerConfiguration()) {
        self.configuration = configuration
    }

    /// Takes in one event. `now` is in seconds of a clock that never goes back.
    public mutating func handle(_ event: SchedulerEvent, at now: Double) -> [SchedulerAction] {
        handle([event], at: now)
    }

    /// Takes in several events, in order. All that is to be durable is in one `persist`, which is first: one commit for
    /// all of them.
    public mutating func handle(_ events: [SchedulerEvent], at now: Double) -> [SchedulerAction] {
        forgiveStall(at: now)
        for event in events { take(event, at: now) }
        return outbox.take()
    }

    private mutating func take(_ event: SchedulerEvent, at now: Double) {
        switch event {
        case .jobAdded(let plan): add(plan, at: now)
        case .jobCancelled(let id): end(id, as: .cancelled, reasons: [], at: now)
        case .jobStopped(let id, let reason), .concatFailed(let id, let reason): fail(id, reasons: [reason], at: now)
        case .concatenated(let id): concatenated(id)
        case .workerConnected(let id, let hello): connect(id, hello, at: now)
        case .workerGone(let id): lose(id, .lost(reason: "the worker went away", begun: false), at: now)
        case .goodbye(let id): lose(id, .withdrawn(reason: "the worker left"), at: now)
        case .drain(let id): drain(id, at: now)
        case .heartbeat(let id, let heartbeat): heard(id, heartbeat, at: now)
        case .calibrated(let id, let calibration): calibrated(id, calibration, at: now)
        case .delivered(let id, let result): delivered(id, result, at: now)
        case .deliveryRefused(let id, let attempt, let reason):
            attemptFailed(id, attempt, .refused(reason: reason), at: now)
        case .failed(let id, let failure): failed(id, failure, at: now)
        case .tick: tick(at: now)
        case .jobRemoved, .jobPaused, .jobResumed, .jobPriority, .concatHeld, .resultMissing, .deliveryHeld,
            .workerKnown, .drainWorker, .undrainWorker, .reinstateWorker, .diskFull, .diskFree:
            break
        }
    }

    /// When the coordinator itself was stopped (a suspended machine, SIGSTOP), its workers' words lie unread: their
    /// leases must not lapse for that.
    private mutating func forgiveStall(at now: Double) {
        let gap = now - (lastHandled ?? now)
        lastHandled = now
        guard gap > configuration.stall else { return }
        for id in workerOrder { workers[id]?.shift(by: gap) }
    }
}

/// What one event leads to: the durable part apart, because it goes first.
struct Outbox: Sendable {
    private var changes: [QueueChange] = []
    private var actions: [SchedulerAction] = []

    mutating func change(_ change: QueueChange) { changes.append(change) }
    mutating func act(_ action: SchedulerAction) { actions.append(action) }

    mutating func take() -> [SchedulerAction] {
        defer { self = Outbox() }
        return changes.isEmpty ? actions : [.persist(changes)] + actions
    }
}
