internal import FarmModel

/// Decides who works on what: a pure state machine of workers, slots, jobs and segments.
///
/// It has no clock, no I/O and no randomness: the same events at the same times give the same actions, so a farm can be
/// simulated from a seed. A shell feeds it events and performs the actions, durable ones first (P5).
///
/// What counts against a segment, and what does not:
/// - An attempt that *failed* (the worker reported an error or a crashed engine, or the result did not pass the check)
///   counts: `failureLimit` of them fail the job, of as many workers that are known to work where there are others to try.
/// - An attempt that was *lost* (worker killed, box gone, lease lapsed) says little about its segment, so only the
///   attempt that the slot was working on counts, and only `lossLimit` of them fail the job: enough for a box that is
///   killed again and again, and still an end for a segment that takes every worker down.
/// - A result with *missing frames* is no failure: the segment is tried again with more run-up, and only frames that two
///   attempts could not produce are struck.
///
/// An event costs a few steps for each slot of its worker, whatever the farm's size: slots with room and jobs with work
/// stand in pools by what they need, and whatever waits for a time has a reminder.
public struct Scheduler: Sendable {
    public let configuration: SchedulerConfiguration
    var jobs: [JobID: JobRun] = [:]
    /// Every job, in the order in which they are worked on. Nothing may depend on a dictionary's order.
    var jobOrder = SortedList<JobKey>()
    var jobsAdded = 0
    /// Connected workers by their numbers, which go up with each.
    var workers: [Int: WorkerState] = [:]
    var workersConnected = 0
    var connections: [WorkerID: Int] = [:]
    var names: [String: Int] = [:]
    /// By name, connected or not.
    var notes: [String: WorkerNote] = [:]
    /// Names of workers that failed so much in a row that they may be to blame, not known to be yet.
    var suspects: Set<String> = []
    /// Workers that may not be given work: away, silent, drained, set aside; by how long.
    var away = SortedList<AwayKey>()
    var pools: [Int: Pool] = [:]
    var poolOrder: [Int] = []
    var poolsMade = 0
    /// The slots of the attempts that a connected worker holds.
    var holders: [AttemptID: SlotRef] = [:]
    /// Attempts of an earlier life of the coordinator that wait for their worker, by its name.
    var orphans: [String: [AttemptID]] = [:]
    /// Results that were found missing before their job was added.
    var missing: [JobID: [AttemptID: String]] = [:]
    /// Known paces of connected slots.
    var paces = SortedList<PaceKey>()
    var timers = TimerQueue()
    /// Why the disk is full; nil while it is not.
    var diskFull: String?
    /// Something changed that may let a slot be given work.
    var isAssignDue = false
    /// Slots that ran out of work during this event.
    var idled: [SlotRef] = []
    var outbox = Outbox()
    /// Seconds of the shell's clock without those that the coordinator slept through.
    var clock = 0.0
    private var lastHandled: Double?
    /// Faults for the simulation to find.
    package var sabotage: Sabotage = []

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
        advance(to: now)
        for event in events {
            take(event)
            assign()
        }
        return outbox.take(lastly: sabotage.contains(.persistLast))
    }

    /// When the coordinator itself was stopped (a suspended machine, SIGSTOP), its workers' words lie unread: their
    /// leases must not lapse for that.
    private mutating func advance(to now: Double) {
        let gap = now - (lastHandled ?? now)
        lastHandled = now
        clock += min(gap, configuration.stall)
    }
}

/// What one event leads to: the durable part apart, because it goes first.
struct Outbox: Sendable {
    private var changes: [QueueChange] = []
    private var actions: [SchedulerAction] = []

    mutating func change(_ change: QueueChange) { changes.append(change) }
    mutating func act(_ action: SchedulerAction) { actions.append(action) }

    /// - Parameter lastly: a fault for the simulation to find: workers are told before it is durable.
    mutating func take(lastly: Bool = false) -> [SchedulerAction] {
        defer { self = Outbox() }
        if changes.isEmpty { return actions }
        return lastly ? actions + [.persist(changes)] : [.persist(changes)] + actions
    }
}

/// Faults that the simulation plants to see that it would find them. Never set outside of it.
package struct Sabotage: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The result of an attempt that has lapsed is accepted.
    package static let acceptLapsed = Sabotage(rawValue: 1)
    /// Both results of a speculative pair are accepted.
    package static let acceptBoth = Sabotage(rawValue: 2)
    /// A lease that a reconnecting worker holds is given to somebody else too.
    package static let leaseTwice = Sabotage(rawValue: 4)
    /// What is to be durable comes last.
    package static let persistLast = Sabotage(rawValue: 8)
    /// A pause is not made durable.
    package static let forgetPause = Sabotage(rawValue: 16)
    /// A worker is set aside for what nobody else did.
    package static let blameWorkers = Sabotage(rawValue: 32)
    /// A job fails by workers that never did anything.
    package static let blameJobs = Sabotage(rawValue: 64)
    /// A bad worker is never set aside.
    package static let trustAll = Sabotage(rawValue: 128)
    /// A job's second segment goes before its first.
    package static let swapSegments = Sabotage(rawValue: 256)
    /// The job of lower priority goes first.
    package static let swapJobs = Sabotage(rawValue: 512)
}
