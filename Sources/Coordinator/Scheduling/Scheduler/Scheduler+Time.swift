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

    /// Ends a lease that was not renewed, or at which nothing moves; another is looked at again when it would end now.
    private mutating func lapse(_ attempt: AttemptID) {
        guard let (ref, place) = position(of: attempt), let worker = workers[ref.worker] else { return }
        let lease = worker.slots[ref.slot].leases[place]
        let still = place == 0 ? lease.progressed + patience(with: lease, at: ref) : .infinity
        guard min(lease.expires, still) < clock else {
            return timers.add(.lease(attempt), at: min(lease.expires, still).nextUp)
        }
        let isStill = lease.expires >= clock
        let reason =
            isStill
            ? "\(worker.name) names it and shows no frame for \(Int(clock - lease.progressed)) s: its input or its result does "
                + "not get through to or from the coordinator's bulk port, or its engine hangs"
            : "no heartbeat named it for \(Int(configuration.leaseLifetime)) s"
        outbox.act(.cancel(worker.connection, attempt))
        let wait = backOff(for: attempt.segment, of: worker.name)
        close(attempt, .lost(reason: reason, begun: place == 0), waitUntil: clock + wait)
        if isStill { noteFailure(of: worker.name, .segment(attempt.segment), reason) }
        judge(attempt.segment)
    }

    /// How long nothing may be seen of a lease. It doubles with each attempt of the segment that was lost, three times, and is
    /// no less than some segments take: a large model on a CPU, or a slow line, is not taken for a fault for ever.
    private func patience(with lease: SlotState.Lease, at ref: SlotRef) -> Double {
        let segment = lease.attempt.segment
        let losses = jobs[segment.job]?.plan.segments[segment.index].counted.count { $0.outcome?.isLoss == true } ?? 0
        let usual = configuration.stillness * Double(1 << min(losses, 3))
        return max(usual, 3 * (duration(of: segment, at: ref) ?? 0))
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

    /// The wait before a segment's next attempt, in seconds: it grows with the tries of one worker.
    func backOff(for segment: SegmentID, of name: String) -> Double {
        backOff(after: jobs[segment.job]?.plan.segments[segment.index].countedTries(of: name) ?? 1)
    }

    /// The wait after the `count`th attempt or calibration in a row that came to nothing, in seconds.
    func backOff(after count: Int) -> Double {
        var wait = configuration.backOff
        for _ in 1..<max(1, count) where wait < configuration.longestBackOff { wait *= 2 }
        return min(wait, configuration.longestBackOff)
    }
}

extension SegmentPlan {
    /// A worker's attempts that say something about the segment. What was withdrawn does not lengthen the wait for the next.
    func countedTries(of name: String) -> Int {
        counted.count {
            if case .withdrawn = $0.outcome { false } else { $0.worker == name }
        }
    }
}
