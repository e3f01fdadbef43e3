import CoordinatorCore
import FarmModel

/// What must hold after every event.
extension Simulation {
    /// After a commit, store and scheduler say the same of the segments it touched.
    func checkStored(_ changes: [QueueChange]) throws {
        for change in changes {
            let segment: SegmentID? =
                switch change {
                case .leased(let attempt, _, _, _), .ended(let attempt, _), .retracted(let attempt, _): attempt.segment
                case .runUp(let segment, _, _): segment
                case .accepted(let result): result.attempt.segment
                default: nil
                }
            guard let segment, let plan = scheduler?.plan(of: segment.job) else { continue }
            guard plan.segments[segment.index] == store.segment(segment) else {
                throw Violation("\(segment) is not stored as the scheduler has it, after \(change)")
            }
        }
    }

    /// Every job gets on, or says why it does not; nothing that a worker was told is accepted has gone.
    func checkJobs() throws {
        guard let scheduler, !isCommitting else { return }
        for key in store.order {
            guard let state = store.plans[key]?.state, !state.isEnded, scheduler.plan(of: key) != nil else { continue }
            guard scheduler.isAtWork(on: key) || scheduler.waits(of: key).isEmpty == false else {
                throw Violation("\(key) is \(state), nothing is done for it, and it does not say why")
            }
        }
        if tail.job != nil { try watchTail() }
    }

    /// A worker that lives and can be reached does not stay a stranger.
    func checkKnown() throws {
        guard let scheduler else { return }
        let known = Set(scheduler.workerSnapshots().filter(\.isConnected).map(\.name))
        for index in workers.indices where workers[index].isAlive && workers[index].partitionedUntil < now - 1 {
            if known.contains(workers[index].name) { workers[index].lastKnown = now }
            let since = max(workers[index].lastKnown, workers[index].partitionedUntil, lifeBegan)
            if now - since > 120 { throw Violation("\(workers[index].name) lives, unknown since \(since) s") }
        }
    }

    /// Store and scheduler say the same of every job.
    private func checkWhole() throws {
        guard let scheduler else { return }
        for (id, plan) in store.plans {
            guard let known = scheduler.plan(of: id) else { continue }
            try require(known == plan, "\(id) is not stored as the scheduler has it")
        }
        for attempt in acknowledged where result(of: attempt.segment)?.attempt != attempt {
            try require(store.retracted.contains(attempt.segment), "\(attempt) was acknowledged, and is lost")
        }
    }

    func checkEnd() throws {
        if !isCommitting { try checkWhole() }
        for id in store.order {
            guard let plan = store.plans[id], let film = films[id] else { continue }
            if let cursed = film.cursed {
                let failures = plan.segments[cursed].attempts.count { $0.outcome?.isFailure == true }
                guard plan.state == .failed, failures >= 3, plan.reasons.count >= 4 else {
                    throw Violation("\(id) should have failed by its cursed segment: \(plan.state), \(plan.reasons)")
                }
            } else {
                try require(plan.state == .done, "\(id) is \(plan.state): \(plan.reasons)")
                guard Set(plan.struck) == film.gone, plan.struck.count == film.gone.count else {
                    throw Violation("\(id): struck are \(plan.struck), not there are \(film.gone.sorted())")
                }
            }
        }
    }
}
