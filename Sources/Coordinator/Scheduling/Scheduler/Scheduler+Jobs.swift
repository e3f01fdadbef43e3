internal import FarmModel

extension Scheduler {
    /// Takes a job in. Segments accepted in an earlier life stay accepted; attempts that life left open wait for their
    /// workers.
    mutating func add(_ plan: JobPlan) {
        guard jobs[plan.id]?.plan.state.isEnded ?? true, plan.state != .done else { return }
        var plan = plan
        if plan.state == .failed || plan.state == .cancelled { reopen(&plan) }
        forget(plan.id)
        jobsAdded += 1
        let key = JobKey(priority: plan.priority, order: plan.order, added: jobsAdded, id: plan.id)
        jobs[plan.id] = JobRun(plan: plan, key: key, now: clock)
        jobOrder.insert(key)
        let gone = missing.removeValue(forKey: plan.id) ?? [:]
        for (attempt, reason) in gone.sorted(by: { $0.key.segment.index < $1.key.segment.index }) {
            retract(attempt, reason)
        }
        awaitWorkers(of: plan.id)
        goOnJoining(plan.id)
        concatenateIfComplete(plan.id)
        refresh(plan.id)
    }

    private mutating func reopen(_ plan: inout JobPlan) {
        plan.state = .running
        plan.reasons = []
        for segment in plan.segments.indices {
            for attempt in plan.segments[segment].attempts.indices {
                plan.segments[segment].attempts[attempt].isForgiven = true
            }
        }
        outbox.change(.reopened(plan.id))
    }

    mutating func setPaused(_ id: JobID, _ isPaused: Bool) {
        guard let job = jobs[id], !job.plan.state.isEnded, job.plan.isPaused != isPaused else { return }
        jobs[id]?.plan.isPaused = isPaused
        if !sabotage.contains(.forgetPause) { outbox.change(.paused(id, isPaused)) }
        if let ref = job.calibration.holder { giveUpReservation(ref) }
        refresh(id)
    }

    mutating func setPriority(_ id: JobID, _ priority: Int) {
        guard let job = jobs[id], !job.plan.state.isEnded, job.plan.priority != priority else { return }
        unlist(id)
        jobOrder.remove(job.key)
        jobs[id]?.plan.priority = priority
        jobs[id]?.key.priority = priority
        if let key = jobs[id]?.key { jobOrder.insert(key) }
        outbox.change(.priority(id, priority))
        refresh(id)
    }

    mutating func fail(_ id: JobID, reasons: [String]) {
        guard end(id, as: .failed, reasons: reasons) else { return }
        outbox.act(.jobFailed(id, reasons: reasons))
    }

    /// Ends a job before its time and takes its leases back.
    @discardableResult
    mutating func end(_ id: JobID, as state: JobState, reasons: [String]) -> Bool {
        guard jobs[id]?.plan.state.isEnded == false else { return false }
        set(id, state, reasons: reasons)
        let open = jobs[id]?.open.sorted { $0.key < $1.key } ?? []
        for (index, numbers) in open {
            for number in numbers {
                let attempt = AttemptID(segment: SegmentID(job: id, index: index), number: number)
                withdraw(attempt, reason: "the job is \(state.rawValue)")
            }
        }
        if let ref = jobs[id]?.calibration.holder { giveUpReservation(ref) }
        jobs[id]?.calibration.holder = nil
        refresh(id)
        return true
    }

    mutating func set(_ id: JobID, _ state: JobState, reasons: [String]) {
        jobs[id]?.plan.state = state
        jobs[id]?.plan.reasons = reasons
        outbox.change(.state(id, state, reasons: reasons))
    }

    /// Forgets an ended job.
    mutating func remove(_ id: JobID) {
        missing[id] = nil
        if jobs[id]?.plan.state.isEnded == true { forget(id) }
    }

    private mutating func forget(_ id: JobID) {
        guard let key = jobs[id]?.key else { return }
        unlist(id)
        jobOrder.remove(key)
        jobs[id] = nil
    }

    /// Has a segment wait again whose accepted bytes are gone.
    mutating func retract(_ attempt: AttemptID, _ reason: String) {
        let (id, index) = (attempt.segment.job, attempt.segment.index)
        guard let job = jobs[id] else {
            missing[id, default: [:]][attempt] = reason
            return
        }
        guard !job.plan.state.isEnded, job.plan.segments.indices.contains(index),
            job.plan.segments[index].result?.attempt == attempt
        else { return }
        jobs[id]?.retract(index, reason: reason, now: clock)
        outbox.change(.retracted(attempt, reason: reason))
        if job.plan.state == .concatenating {
            set(id, .running, reasons: [])
            jobs[id]?.isJoining = false
        }
        refresh(id)
    }
}
