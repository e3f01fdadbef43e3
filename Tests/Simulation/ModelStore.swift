package import FarmModel
import FarmProtocol
package import Scheduling

/// The queue store as a value: it keeps what was committed, and objects to what may never be.
package struct ModelStore {
    package private(set) var plans: [JobID: JobPlan] = [:]
    package private(set) var order: [JobID] = []
    package private(set) var workers: [String: WorkerRecord] = [:]
    /// Every commit, for the real store to repeat.
    package private(set) var log: [[QueueChange]] = []
    /// Of each job, the segments that nobody ever had.
    private var fresh: [JobID: Int] = [:]
    /// Of each job, a segment before which nobody is without an attempt.
    private var cursors: [JobID: Int] = [:]
    /// Jobs that the coordinator has taken up since it started.
    var loaded: Set<JobID> = []
    private(set) var speculations = 0
    var keepsLog = false

    mutating func insert(_ plan: JobPlan) {
        plans[plan.id] = plan
        order.append(plan.id)
        fresh[plan.id] = plan.segments.count
    }

    mutating func remove(_ job: JobID) {
        plans[job] = nil
        fresh[job] = nil
        order.removeAll { $0 == job }
    }

    mutating func commit(_ changes: [QueueChange]) throws {
        for change in changes { try apply(change) }
        if keepsLog { log.append(changes) }
    }

    package func segment(_ id: SegmentID) -> SegmentPlan? { plans[id.job]?.segments[id.index] }

    private mutating func apply(_ change: QueueChange) throws {
        switch change {
        case .pinned(let job, let shape):
            try require(plans[job]?.shape == nil, "\(job) is pinned twice")
            plans[job]?.shape = shape
        case .leased(let attempt, let worker, let slot, let extra): try lease(attempt, worker, slot, extra)
        case .ended(let attempt, let outcome): try alter(attempt.segment) { try $0.end(attempt, outcome) }
        case .runUp(let segment, let extra, let missing):
            plans[segment.job]?.segments[segment.index].extraRunUp = extra
            plans[segment.job]?.segments[segment.index].missing = missing
        case .accepted(let result): try alter(result.attempt.segment) { try $0.accept(result) }
        case .retracted(let attempt, let reason): try retract(attempt, reason)
        case .struck(let job, let frames):
            try require(Set(plans[job]?.struck ?? []).isDisjoint(with: frames), "frames of \(job) are struck twice")
            plans[job]?.struck.append(contentsOf: frames)
            plans[job]?.struck.sort()
        case .state(let job, let state, let reasons):
            try require(plans[job]?.state.isEnded == false, "\(job) has ended and becomes \(state)")
            plans[job]?.state = state
            plans[job]?.reasons = reasons
        case .warned: break
        case .reopened(let job): try reopen(job)
        case .paused(let job, let isPaused): plans[job]?.isPaused = isPaused
        case .priority(let job, let priority): plans[job]?.priority = priority
        case .workerSeen(let hello):
            workers[hello.worker.name, default: WorkerRecord(name: hello.worker.name)].hello = hello
        case .workerDrained(let name, let isDrained):
            workers[name, default: WorkerRecord(name: name)].isDrained = isDrained
        case .workerAside(let name, let reason):
            workers[name, default: WorkerRecord(name: name)].asideReason = reason
        }
    }

    private mutating func lease(_ attempt: AttemptID, _ worker: String, _ slot: Int, _ extra: Int) throws {
        guard let plan = plans[attempt.segment.job] else { throw Violation("\(attempt) is of no job") }
        let segment = plan.segments[attempt.segment.index]
        try require(plan.state == .running, "\(attempt) is leased in a job that does not run")
        try require(plan.shape != nil, "\(attempt) is leased before its job is pinned")
        try require(!plan.isPaused, "\(attempt) is leased in a paused job")
        try require(workers[worker]?.isDrained != true, "\(attempt) is leased to \(worker), which is drained")
        try require(workers[worker]?.asideReason == nil, "\(attempt) is leased to \(worker), which is set aside")
        try require(segment.result == nil, "\(attempt) is leased though its segment is accepted")
        try require(segment.attempts.count == attempt.number - 1, "\(attempt) is out of sequence")
        let open = segment.attempts.filter { $0.outcome == nil }
        if let other = open.first {
            speculations += 1
            try require(open.count == 1, "\(attempt) is leased beside two others")
            try require(other.worker != worker, "\(attempt) is leased to \(worker), which has the segment already")
            try require(fresh[plan.id] == 0, "\(attempt) is leased beside another while segments wait")
        }
        if segment.isFresh { try checkOrder(attempt, plan, workers[worker]?.hello?.slots[slot]) }
        try alter(attempt.segment) {
            $0.attempts.append(
                AttemptRecord(number: attempt.number, worker: worker, slot: slot, extraRunUp: extra))
        }
    }

    /// Priority, then age, then film order.
    private mutating func checkOrder(_ attempt: AttemptID, _ plan: JobPlan, _ slot: SlotDescription?) throws {
        var first = cursors[plan.id] ?? 0
        while plan.segments[first].isFresh == false { first += 1 }
        cursors[plan.id] = first
        try require(first == attempt.segment.index, "\(attempt) is leased while an earlier segment waits")
        guard let slot else { return }
        for other in plans.values where other.id != plan.id && loaded.contains(other.id) && fresh[other.id] ?? 0 > 0 {
            let isRunning = other.state == .running && !other.isPaused && other.shape != nil
            let goesFirst = (-other.priority, other.order) < (-plan.priority, plan.order)
            try require(
                !(isRunning && goesFirst && other.effectiveNeeds.areMet(by: slot)),
                "\(attempt) is leased while \(other.id) goes first")
        }
    }

    private mutating func retract(_ attempt: AttemptID, _ reason: String) throws {
        try alter(attempt.segment) { try $0.retract(attempt, reason) }
        if let range = segment(attempt.segment)?.range {
            plans[attempt.segment.job]?.struck.removeAll { range.contains($0) }
        }
    }

    private mutating func reopen(_ job: JobID) throws {
        try require([.failed, .cancelled].contains(plans[job]?.state), "\(job) has not failed and is taken up again")
        plans[job]?.state = .running
        plans[job]?.reasons = []
        for index in plans[job]?.segments.indices ?? 0..<0 {
            try alter(SegmentID(job: job, index: index)) { segment in
                for attempt in segment.attempts.indices { segment.attempts[attempt].isForgiven = true }
            }
        }
    }

    private mutating func alter(_ id: SegmentID, _ body: (inout SegmentPlan) throws -> Void) throws {
        guard plans[id.job]?.segments.indices.contains(id.index) == true else { throw Violation("there is no \(id)") }
        fresh[id.job, default: 0] -= segment(id)?.isFresh == true ? 1 : 0
        do { try body(&plans[id.job]!.segments[id.index]) } catch let error as Violation {
            throw Violation("\(id): \(error)")
        }
        fresh[id.job, default: 0] += segment(id)?.isFresh == true ? 1 : 0
    }

    private func require(_ condition: Bool, _ broken: @autoclosure () -> String) throws {
        if !condition { throw Violation(broken()) }
    }
}
