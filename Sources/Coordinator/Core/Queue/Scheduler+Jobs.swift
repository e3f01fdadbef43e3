internal import FarmModel

extension Scheduler {
    /// Takes a job in. Segments accepted in an earlier life stay accepted; attempts that life left open are ended.
    mutating func add(_ plan: JobPlan, at now: Double) {
        guard jobs[plan.id]?.plan.state.isEnded ?? true, plan.state != .done else { return }
        var plan = plan
        if plan.state == .failed || plan.state == .cancelled { reopen(&plan) }
        endOpenAttempts(&plan)
        if jobs.updateValue(JobRun(plan: plan), forKey: plan.id) == nil { jobOrder.append(plan.id) }
        if plan.state == .concatenating { outbox.act(.jobReady(plan.id)) }
        concatenateIfComplete(plan.id)
        assign(at: now)
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

    private mutating func endOpenAttempts(_ plan: inout JobPlan) {
        for index in plan.segments.indices {
            for record in plan.segments[index].attempts.indices
            where plan.segments[index].attempts[record].outcome == nil {
                let outcome = AttemptOutcome.withdrawn(reason: "the coordinator stopped")
                plan.segments[index].attempts[record].outcome = outcome
                let segment = SegmentID(job: plan.id, index: index)
                let number = plan.segments[index].attempts[record].number
                outbox.change(.ended(AttemptID(segment: segment, number: number), outcome))
            }
        }
    }

    mutating func concatenateIfComplete(_ id: JobID) {
        guard let job = jobs[id], job.plan.state == .running, job.acceptedCount == job.plan.segments.count else {
            return
        }
        set(id, .concatenating, reasons: [])
        outbox.act(.jobReady(id))
    }

    mutating func concatenated(_ id: JobID) {
        guard jobs[id]?.plan.state == .concatenating else { return }
        set(id, .done, reasons: [])
    }

    mutating func fail(_ id: JobID, reasons: [String], at now: Double) {
        guard end(id, as: .failed, reasons: reasons, at: now) else { return }
        outbox.act(.jobFailed(id, reasons: reasons))
    }

    /// Ends a job before its time and takes its leases back.
    @discardableResult
    mutating func end(_ id: JobID, as state: JobState, reasons: [String], at now: Double) -> Bool {
        guard let job = jobs[id], !job.plan.state.isEnded else { return false }
        set(id, state, reasons: reasons)
        for (index, segment) in job.plan.segments.enumerated() {
            guard case .leased(let ref) = job.phases[index], let number = segment.attempts.last?.number else {
                continue
            }
            let attempt = AttemptID(segment: SegmentID(job: id, index: index), number: number)
            outbox.act(.cancel(ref.worker, attempt))
            close(attempt, .withdrawn(reason: "the job is \(state.rawValue)"), waitUntil: now)
        }
        jobs[id]?.calibration.holder = nil
        assign(at: now)
        return true
    }

    private mutating func set(_ id: JobID, _ state: JobState, reasons: [String]) {
        jobs[id]?.plan.state = state
        jobs[id]?.plan.reasons = reasons
        outbox.change(.state(id, state, reasons: reasons))
    }
}
