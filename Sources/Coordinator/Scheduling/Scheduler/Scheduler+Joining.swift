internal import FarmModel

/// The end of a job's way, and what a full disk holds up.
extension Scheduler {
    mutating func concatenateIfComplete(_ id: JobID) {
        guard let job = jobs[id], job.plan.state == .running, job.acceptedCount == job.plan.segments.count else {
            return
        }
        set(id, .concatenating, reasons: [])
        refresh(id)
        join(id)
    }

    /// Takes up a joining of an earlier life. Of what was accepted then, segments may be gone.
    mutating func goOnJoining(_ id: JobID) {
        guard let job = jobs[id], job.plan.state == .concatenating else { return }
        if job.acceptedCount == job.plan.segments.count { join(id) } else { set(id, .running, reasons: []) }
    }

    /// Has the film joined, when there is space.
    mutating func join(_ id: JobID) {
        guard let job = jobs[id], job.plan.state == .concatenating, !job.isJoining, diskFull == nil else { return }
        jobs[id]?.isJoining = true
        jobs[id]?.joinHold = nil
        outbox.act(.jobReady(id))
    }

    mutating func concatenated(_ id: JobID) {
        guard let job = jobs[id], job.plan.state == .concatenating, job.isJoining else { return }
        set(id, .done, reasons: [])
        refresh(id)
    }

    /// What is said of a joining that was given up meanwhile changes nothing.
    mutating func concatFailed(_ id: JobID, _ reason: String) {
        guard let job = jobs[id], job.plan.state == .concatenating, job.isJoining else { return }
        fail(id, reasons: [reason])
    }

    /// The film's folder may be on another disk than the spool: it is also tried again after a while.
    mutating func holdJoin(_ id: JobID, _ reason: String) {
        guard let job = jobs[id], job.plan.state == .concatenating, job.isJoining else { return }
        jobs[id]?.isJoining = false
        jobs[id]?.joinHold = reason
        timers.add(.join(id), at: clock + configuration.longestBackOff)
    }

    mutating func freeDisk() {
        guard diskFull != nil else { return }
        diskFull = nil
        isAssignDue = true
        for key in jobOrder where jobs[key.id]?.plan.state == .concatenating { join(key.id) }
    }

    /// The bytes that a worker brought could not be kept: the segment waits again, and the worker forgets it.
    mutating func holdDelivery(_ id: WorkerID, _ attempt: AttemptID, _ reason: String) {
        hear(id)
        guard refusal(of: attempt, from: id) == nil else { return }
        outbox.act(.refuse(id, attempt, reason: reason))
        outbox.act(.discard(attempt))
        close(attempt, .withdrawn(reason: reason), waitUntil: clock + configuration.stall)
    }
}
