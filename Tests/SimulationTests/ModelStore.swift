import CoordinatorCore
import FarmModel

/// A promise that the simulation saw broken.
struct Violation: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// The queue store as a value: it keeps what was committed, and objects to what may never be.
struct ModelStore {
    private(set) var plans: [JobID: JobPlan] = [:]
    private(set) var order: [JobID] = []
    /// Every commit, for the real store to repeat.
    private(set) var log: [[QueueChange]] = []

    mutating func insert(_ plan: JobPlan) {
        plans[plan.id] = plan
        order.append(plan.id)
    }

    mutating func commit(_ changes: [QueueChange]) throws {
        for change in changes { try apply(change) }
        log.append(changes)
    }

    func segment(_ id: SegmentID) -> SegmentPlan? { plans[id.job]?.segments[id.index] }

    private mutating func apply(_ change: QueueChange) throws {
        switch change {
        case .pinned(let job, let shape):
            try require(plans[job]?.shape == nil, "\(job) is pinned twice")
            plans[job]?.shape = shape
        case .leased(let attempt, let worker, let slot, let extra): try lease(attempt, worker, slot, extra)
        case .ended(let attempt, let outcome): try end(attempt, outcome)
        case .runUp(let segment, let extra, let missing):
            plans[segment.job]?.segments[segment.index].extraRunUp = extra
            plans[segment.job]?.segments[segment.index].missing = missing
        case .accepted(let result): try accept(result)
        case .struck(let job, let frames):
            try require(Set(plans[job]?.struck ?? []).isDisjoint(with: frames), "frames of \(job) are struck twice")
            plans[job]?.struck.append(contentsOf: frames)
            plans[job]?.struck.sort()
        case .state(let job, let state, let reasons):
            try require(plans[job]?.state.isEnded == false, "\(job) has ended and becomes \(state)")
            plans[job]?.state = state
            plans[job]?.reasons = reasons
        case .paused, .priority, .retracted, .workerSeen, .workerDrained, .workerAside: break
        case .reopened(let job): throw Violation("nobody took \(job) up again")
        }
    }

    private mutating func lease(_ attempt: AttemptID, _ worker: String, _ slot: Int, _ extra: Int) throws {
        let segment = segment(attempt.segment)
        try require(segment?.result == nil, "\(attempt) is leased though its segment is accepted")
        try require(segment?.attempts.allSatisfy { $0.outcome != nil } == true, "\(attempt) is leased beside another")
        try require(segment?.attempts.count == attempt.number - 1, "\(attempt) is out of sequence")
        try require(plans[attempt.segment.job]?.state == .running, "\(attempt) is leased in a job that does not run")
        try require(plans[attempt.segment.job]?.shape != nil, "\(attempt) is leased before its job is pinned")
        let record = AttemptRecord(number: attempt.number, worker: worker, slot: slot, extraRunUp: extra)
        plans[attempt.segment.job]?.segments[attempt.segment.index].attempts.append(record)
    }

    private mutating func end(_ attempt: AttemptID, _ outcome: AttemptOutcome) throws {
        let last = segment(attempt.segment)?.attempts.last
        try require(last?.number == attempt.number && last?.outcome == nil, "\(attempt) ends and is not current")
        plans[attempt.segment.job]?.segments[attempt.segment.index].attempts[attempt.number - 1].outcome = outcome
    }

    private mutating func accept(_ result: SegmentResult) throws {
        try require(segment(result.attempt.segment)?.result == nil, "\(result.attempt.segment) is accepted twice")
        try end(result.attempt, .accepted)
        plans[result.attempt.segment.job]?.segments[result.attempt.segment.index].result = result
    }

    private func require(_ condition: Bool, _ broken: @autoclosure () -> String) throws {
        if !condition { throw Violation(broken()) }
    }
}
