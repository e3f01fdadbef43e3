import CoordinatorCore
import FarmModel
import FarmProtocol

let film = JobID("film1")

/// A scheduler with a clock that the story moves, and short ways to say what happens.
struct Story {
    var scheduler: Scheduler
    var now = 0.0

    init(_ configure: (inout SchedulerConfiguration) -> Void = { _ in }) {
        var configuration = SchedulerConfiguration()
        configure(&configuration)
        scheduler = Scheduler(configuration: configuration)
    }

    @discardableResult
    mutating func when(_ event: SchedulerEvent) -> [SchedulerAction] { scheduler.handle(event, at: now) }

    /// Ticks once a second, as the shell does, with a heartbeat of each worker named in `alive` before it.
    @discardableResult
    mutating func pass(_ seconds: Int, alive: [String: [AttemptID]] = [:]) -> [SchedulerAction] {
        var actions: [SchedulerAction] = []
        for _ in 0..<seconds {
            now += 1
            for (worker, attempts) in alive.sorted(by: { $0.key < $1.key }) {
                actions += when(.heartbeat(WorkerID(worker), beat(attempts)))
            }
            actions += when(.tick)
        }
        return actions
    }

    @discardableResult
    mutating func connect(
        _ name: String, slots: Int = 1, epoch: Int64 = 1, as id: String? = nil, holding held: [AttemptID] = []
    ) -> [SchedulerAction] {
        when(.workerConnected(WorkerID(id ?? name), hello(name, slots: slots, epoch: epoch, holding: held)))
    }

    @discardableResult
    mutating func deliver(_ attempt: AttemptID, from worker: String, missing: [Int] = []) -> [SchedulerAction] {
        when(.delivered(WorkerID(worker), result(attempt, missing: missing)))
    }

    @discardableResult
    mutating func crash(_ attempt: AttemptID, on worker: String, _ reason: String = "SIGSEGV in the decoder")
        -> [SchedulerAction]
    {
        let job = attempt.segment.job
        return when(
            .failed(WorkerID(worker), AttemptFailure(attempt: attempt, job: job, reason: reason, crashed: true)))
    }

    /// Has every connected worker work for so many seconds: what `isBad` fails at once, all else is through after a second
    /// or `pace`, and those who are `still` get on with nothing.
    @discardableResult
    mutating func work(
        _ seconds: Int, pace: Double = 1, still: Set<String> = [],
        isBad: (String, AttemptID) -> Bool
    ) -> [SchedulerAction] {
        var actions: [SchedulerAction] = []
        for _ in 0..<seconds {
            now += 1
            for worker in scheduler.workerSnapshots() where worker.isConnected {
                actions += work(worker, pace: still.contains(worker.name) ? .infinity : pace) {
                    !still.contains($0) && isBad($0, $1)
                }
            }
            actions += when(.tick)
        }
        return actions
    }

    private mutating func work(_ worker: WorkerSnapshot, pace: Double, isBad: (String, AttemptID) -> Bool)
        -> [SchedulerAction]
    {
        var actions: [SchedulerAction] = []
        let id = WorkerID(worker.name)
        for slot in worker.slots {
            actions += when(.heartbeat(id, beat(slot.leases.map(\.attempt))))
            if let job = slot.calibrates {
                let isFailed = isBad(worker.name, attempt(-1, of: job))
                let failure = AttemptFailure(attempt: nil, job: job, reason: "SIGSEGV", crashed: true)
                actions += when(
                    isFailed ? .failed(id, failure) : .calibrated(id, Calibration(job: job, shape: shape)))
            }
            guard let lease = slot.leases.first else { continue }
            if isBad(worker.name, lease.attempt) {
                actions += crash(lease.attempt, on: worker.name)
            } else if lease.seconds >= pace {
                actions += deliver(lease.attempt, from: worker.name)
            }
        }
        return actions
    }

    var job: JobSnapshot? { scheduler.snapshot(of: film) }
    var segments: [SegmentPlan] { scheduler.plan(of: film)?.segments ?? [] }
}

let framesPerSegment = 10
let shape = ExecutionShape(tile: 0, batch: 4, precision: .fp32)

func plan(_ job: JobID = film, segments count: Int, pinned: Bool = true) -> JobPlan {
    let segments = (0..<count).map {
        SegmentPlan(range: FrameRange($0 * framesPerSegment, ($0 + 1) * framesPerSegment))
    }
    return JobPlan(id: job, shape: pinned ? shape : nil, segments: segments)
}

func attempt(_ index: Int, _ number: Int = 1, of job: JobID = film) -> AttemptID {
    AttemptID(segment: SegmentID(job: job, index: index), number: number)
}

func result(_ attempt: AttemptID, missing: [Int] = []) -> SegmentResult {
    let output = BlobReference(id: "\(attempt)", size: 1000, sha256: "hash of \(attempt)")
    return SegmentResult(
        attempt: attempt, output: output, frames: framesPerSegment - missing.count, missing: missing,
        stages: StageTimes())
}

func hello(_ name: String, slots: Int = 1, epoch: Int64 = 1, holding held: [AttemptID] = []) -> WorkerHello {
    let slot = SlotDescription(
        device: "cpu", deviceModel: "test", versions: [:], memory: 1 << 30, encoders: ["ffv1"])
    return WorkerHello(
        worker: WorkerIdentity(name: name, epoch: epoch, processID: 1), slots: Array(repeating: slot, count: slots),
        held: held)
}

func beat(_ attempts: [AttemptID], frames: Int = 0) -> Heartbeat {
    Heartbeat(attempts: attempts.map { Heartbeat.Progress(attempt: $0, frames: frames) })
}

extension [SchedulerAction] {
    struct Leased: Hashable {
        var worker: String
        var slot: Int
        var attempt: AttemptID
        var extraRunUp: Int
    }

    var leases: [Leased] {
        compactMap {
            guard case .lease(let worker, let slot, let attempt, let extra) = $0 else { return nil }
            return Leased(worker: worker.rawValue, slot: slot, attempt: attempt, extraRunUp: extra)
        }
    }

    var leased: [AttemptID] { leases.map(\.attempt) }

    var changes: [QueueChange] {
        flatMap { if case .persist(let changes) = $0 { changes } else { [] as [QueueChange] } }
    }

    /// `persist` is missing, or the first: nobody is told of what is not durable.
    var isDurableFirst: Bool { dropFirst().allSatisfy { if case .persist = $0 { false } else { true } } }

    var refusals: [String] {
        compactMap { if case .refuse(_, _, let reason) = $0 { reason } else { nil } }
    }

    var failureReasons: [String]? {
        for case .jobFailed(_, let reasons) in self { return reasons }
        return nil
    }
}
