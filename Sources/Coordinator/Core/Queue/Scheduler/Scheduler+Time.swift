internal import FarmModel

/// Leases lapse, waits end, the silent and the dead are noticed.
extension Scheduler {
    mutating func tick() {
        while let reminder = timers.next(at: clock) { remind(reminder) }
        assignTails()
    }

    private mutating func remind(_ reminder: Reminder) {
        switch reminder {
        case .lease(let attempt): lapse(attempt)
        case .orphan(let attempt): if isOrphan(attempt) { endOrphan(attempt) }
        case .backOff(let segment): endBackOff(segment)
        case .calibrationWait(let job), .join(let job): look(at: job)
        case .calibration(let job, let ref): lapseCalibration(of: job, at: ref)
        case .silence(let worker): noticeSilence(worker)
        case .unclaimed(let worker): dropUnclaimed(worker)
        case .forget(let name): forget(name)
        }
    }

    /// Ends a lease that was not renewed; one that was is looked at again when it would end now.
    private mutating func lapse(_ attempt: AttemptID) {
        guard let (ref, place) = position(of: attempt), let lease = workers[ref.worker]?.slots[ref.slot].leases[place],
            let id = workers[ref.worker]?.connection
        else { return }
        guard lease.expires < clock else { return timers.add(.lease(attempt), at: lease.expires.nextUp) }
        let reason = "no heartbeat named it for \(Int(configuration.leaseLifetime)) s"
        outbox.act(.cancel(id, attempt))
        close(attempt, .lost(reason: reason, begun: place == 0), waitUntil: clock + backOff(for: attempt.segment))
        judge(attempt.segment)
    }

    private mutating func endBackOff(_ segment: SegmentID) {
        if jobs[segment.job]?.isReminded.remove(segment.index) != nil { isAssignDue = true }
        guard let time = jobs[segment.job]?.backingOff[segment.index], time <= clock else { return }
        jobs[segment.job]?.makeReady(segment.index, now: clock)
        refresh(segment.job)
    }

    private mutating func look(at job: JobID) {
        if jobs[job]?.plan.state == .concatenating { join(job) } else { refresh(job) }
    }

    /// The wait before a segment's next attempt, in seconds.
    func backOff(for segment: SegmentID) -> Double {
        backOff(after: jobs[segment.job]?.plan.segments[segment.index].countedTries ?? 1)
    }

    /// The wait after the `count`th attempt or calibration in a row that came to nothing, in seconds.
    func backOff(after count: Int) -> Double {
        var wait = configuration.backOff
        for _ in 1..<max(1, count) where wait < configuration.longestBackOff { wait *= 2 }
        return min(wait, configuration.longestBackOff)
    }
}

extension SegmentPlan {
    /// Attempts that say something about the segment. What was withdrawn does not lengthen the wait for the next.
    var countedTries: Int {
        counted.count { if case .withdrawn = $0.outcome { false } else { true } }
    }
}
