import FarmModel
import Scheduling

/// What must hold after every batch of events.
extension Simulation {
    /// What is about to be committed wrongs nobody: no healthy worker is set aside, nothing is made again that is whole.
    func checkFair(_ changes: [QueueChange]) throws {
        for change in changes {
            switch change {
            case .workerAside(let name, let reason?):
                let isBad = workers.first { $0.name == name }?.isBad
                try require(isBad == true, "\(name) is healthy and is set aside: \(reason)")
            case .retracted(let attempt, _):
                try require(damaged.contains(attempt), "\(attempt) was accepted and is whole, and is made again")
            case .accepted(let result):
                let name = store.segment(result.attempt.segment)?.attempts.last {
                    $0.number == result.attempt.number
                }?.worker
                for index in workers.indices where workers[index].name == name { workers[index].hadMishap = false }
            default: break
            }
        }
    }

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
            if scheduler.isAtWork(on: key) { continue }
            let reasons = scheduler.waits(of: key)
            try require(!reasons.isEmpty, "\(key) is \(state), nothing is done for it, and it does not say why")
            try check(reasons, of: key, scheduler)
        }
        if tail.job != nil { try watchTail() }
    }

    /// Looked at once in a while: it looks at all workers.
    private func check(_ reasons: [WaitReason], of job: JobID, _ scheduler: Scheduler) throws {
        guard now >= reasonsChecked + Double(workers.count) / 20, let needs = scheduler.plan(of: job)?.effectiveNeeds
        else { return }
        reasonsChecked = now
        let here = scheduler.workerSnapshots().filter(\.isConnected)
        let ready = here.filter { !$0.isSilent && !$0.isDrained && !$0.isLeaving && $0.asideReason == nil }
        let able = ready.flatMap(\.slots).filter { needs.areMet(by: $0.description) }
        let isIdle = able.contains { $0.leases.isEmpty && $0.calibrates == nil }
        for reason in reasons {
            let isTrue =
                switch reason.code {
                case .noWorker: here.isEmpty
                case .noEncoder, .noMemory, .noDevice, .drained, .leaving, .aside, .silent: able.isEmpty
                case .behind: !isIdle
                case .diskFull: disk.isFull || now < diskTroubled + 120 || store.plans[job]?.state == .concatenating
                case .paused: scheduler.plan(of: job)?.isPaused == true
                case .untried, .calibration, .backOff, .reconnection: true
                }
            try require(isTrue, "\(job) does not get on, and not because \(reason.text)")
        }
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
            try require(damaged.contains(attempt), "\(attempt) was acknowledged, and is lost")
        }
    }

    /// A worker that failed three segments of the last job, all of which others did, is no longer trusted.
    func checkBad() throws {
        guard let plan = lastPlan.flatMap({ store.plans[$0.id] }), let scheduler else { return }
        for worker in workers where worker.isBad {
            let failed = plan.segments.count { segment in
                segment.attempts.contains { $0.worker == worker.name && $0.outcome?.isFailure == true }
            }
            let isAside = scheduler.workerSnapshots().contains { $0.name == worker.name && $0.asideReason != nil }
            try require(
                failed < 3 || isAside, "\(worker.name) failed \(failed) segments that others did, and is trusted")
        }
    }

    func checkEnd() throws {
        if !isCommitting { try checkWhole() }
        for id in store.order {
            guard let plan = store.plans[id], let film = films[id] else { continue }
            if !film.cursed.isEmpty {
                let failures = film.cursed.map {
                    plan.segments[$0].attempts.count { $0.outcome?.isFailure == true }
                }
                guard plan.state == .failed, failures.max() ?? 0 >= 3, plan.reasons.count >= 4 else {
                    throw Violation("\(id) should have failed by a cursed segment: \(plan.state), \(plan.reasons)")
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
