package import FarmModel
import FarmProtocol
package import Scheduling

/// A scheduler with a clock that the story moves, and short ways to say what happens.
package struct Story {
    package var scheduler: Scheduler
    package var now = 0.0

    package init(_ configure: (inout SchedulerConfiguration) -> Void = { _ in }) {
        var configuration = SchedulerConfiguration()
        configure(&configuration)
        scheduler = Scheduler(configuration: configuration)
    }

    @discardableResult
    package mutating func when(_ event: SchedulerEvent) -> [SchedulerAction] { scheduler.handle(event, at: now) }

    /// Ticks once a second, as the shell does, with a heartbeat of each worker named in `alive` before it.
    @discardableResult
    package mutating func pass(_ seconds: Int, alive: [String: [AttemptID]] = [:]) -> [SchedulerAction] {
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
    package mutating func connect(
        _ name: String, slots: Int = 1, epoch: Int64 = 1, as id: String? = nil, holding held: [AttemptID] = []
    ) -> [SchedulerAction] {
        when(.workerConnected(WorkerID(id ?? name), hello(name, slots: slots, epoch: epoch, holding: held)))
    }

    @discardableResult
    package mutating func deliver(_ attempt: AttemptID, from worker: String, missing: [Int] = []) -> [SchedulerAction] {
        when(.delivered(WorkerID(worker), result(attempt, missing: missing)))
    }

    @discardableResult
    package mutating func crash(_ attempt: AttemptID, on worker: String, _ reason: String = "SIGSEGV in the decoder")
        -> [SchedulerAction]
    {
        let job = attempt.segment.job
        return when(
            .failed(WorkerID(worker), AttemptFailure(attempt: attempt, job: job, reason: reason, crashed: true)))
    }

    /// Has every connected worker work for so many seconds: what `isBad` fails at once, all else is through after a second
    /// or `pace`, and those who are `still` get on with nothing.
    @discardableResult
    package mutating func work(
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

    package var job: JobSnapshot? { scheduler.snapshot(of: film) }
    package var segments: [SegmentPlan] { scheduler.plan(of: film)?.segments ?? [] }
}
