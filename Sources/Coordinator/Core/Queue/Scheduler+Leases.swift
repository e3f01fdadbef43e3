internal import FarmModel

extension Scheduler {
    /// Gives work to every slot that has room, or to those of one worker: first each idle slot its current lease, then
    /// each slot its next one, in film order.
    mutating func assign(only worker: WorkerID? = nil, at now: Double) {
        calibrateJobs(at: now)
        for held in 0..<configuration.leasesPerSlot {
            for id in worker.map({ [$0] }) ?? workerOrder where isAvailable(id, at: now) {
                for slot in workers[id]?.slots.indices ?? 0..<0 {
                    guard let state = workers[id]?.slots[slot], state.leases.count == held, state.calibration == nil,
                        let segment = nextSegment(for: SlotRef(worker: id, slot: slot), at: now)
                    else { continue }
                    lease(segment, to: SlotRef(worker: id, slot: slot), at: now)
                }
            }
        }
    }

    private func nextSegment(for ref: SlotRef, at now: Double) -> SegmentID? {
        for id in jobOrder {
            guard let job = jobs[id], job.plan.state == .running, job.plan.shape != nil else { continue }
            let index = job.waiting.first {
                job.isReady($0, at: now) && isBest(ref, avoiding: job.plan.segments[$0].marks, at: now)
            }
            if let index { return SegmentID(job: id, index: index) }
        }
        return nil
    }

    /// Whether no slot that could take the work has fewer marks: first on the slot, then on its worker. So another
    /// attempt goes to another engine where there are several, if it must wait for it.
    func isBest(_ ref: SlotRef, avoiding marks: [SlotMark], at now: Double) -> Bool {
        guard !marks.isEmpty, let name = workers[ref.worker]?.name else { return true }
        let own = badness(marks, name, ref.slot)
        guard own > 0 else { return true }
        return !workerOrder.contains { id in
            guard isAvailable(id, at: now), let other = workers[id] else { return false }
            return other.slots.indices.contains { badness(marks, other.name, $0) < own }
        }
    }

    private func badness(_ marks: [SlotMark], _ name: String, _ slot: Int) -> Int {
        marks.reduce(0) { $0 + ($1.worker != name ? 0 : $1.slot == slot ? 1_000_001 : 1) }
    }

    private mutating func lease(_ segment: SegmentID, to ref: SlotRef, at now: Double) {
        guard let plan = jobs[segment.job]?.plan.segments[segment.index], let name = workers[ref.worker]?.name else {
            return
        }
        let attempt = AttemptID(segment: segment, number: (plan.attempts.last?.number ?? 0) + 1)
        let record = AttemptRecord(
            number: attempt.number, worker: name, slot: ref.slot, extraRunUp: plan.extraRunUp)
        jobs[segment.job]?.plan.segments[segment.index].attempts.append(record)
        jobs[segment.job]?.leave(segment.index, for: .leased(ref))
        let lease = SlotState.Lease(attempt: attempt, expires: now + configuration.leaseLifetime)
        workers[ref.worker]?.slots[ref.slot].leases.append(lease)
        outbox.change(.leased(attempt, worker: name, slot: ref.slot, extraRunUp: plan.extraRunUp))
        outbox.act(.lease(ref.worker, slot: ref.slot, attempt, extraRunUp: plan.extraRunUp))
    }

    /// The slot that the attempt is leased to now; nil for every attempt that has ended or never was.
    func holder(of attempt: AttemptID) -> SlotRef? {
        guard let job = jobs[attempt.segment.job], job.phases.indices.contains(attempt.segment.index),
            case .leased(let ref) = job.phases[attempt.segment.index],
            job.plan.segments[attempt.segment.index].attempts.last?.number == attempt.number
        else { return nil }
        return ref
    }

    /// Ends a current attempt that is not accepted; its segment waits again.
    mutating func close(_ attempt: AttemptID, _ outcome: AttemptOutcome, waitUntil notBefore: Double) {
        guard take(attempt, outcome) else { return }
        jobs[attempt.segment.job]?.wait(attempt.segment.index, until: notBefore)
        outbox.change(.ended(attempt, outcome))
        outbox.act(.attemptEnded(attempt, outcome))
    }

    /// Takes a current attempt from its slot and notes how it ended.
    mutating func take(_ attempt: AttemptID, _ outcome: AttemptOutcome) -> Bool {
        guard let ref = holder(of: attempt) else { return false }
        workers[ref.worker]?.slots[ref.slot].leases.removeAll { $0.attempt == attempt }
        let last = (jobs[attempt.segment.job]?.plan.segments[attempt.segment.index].attempts.count ?? 0) - 1
        jobs[attempt.segment.job]?.plan.segments[attempt.segment.index].attempts[last].outcome = outcome
        return true
    }

    /// The wait after the `count`th attempt or calibration in a row that came to nothing, in seconds.
    func backOff(after count: Int) -> Double {
        var wait = configuration.backOff
        for _ in 1..<max(1, count) where wait < configuration.longestBackOff { wait *= 2 }
        return min(wait, configuration.longestBackOff)
    }

    mutating func tick(at now: Double) {
        for id in workerOrder {
            for slot in workers[id]?.slots ?? [] { lapse(slot.leases, of: id, at: now) }
        }
        lapseCalibrations(at: now)
        assign(at: now)
    }

    private mutating func lapse(_ leases: [SlotState.Lease], of id: WorkerID, at now: Double) {
        for (place, lease) in leases.enumerated() where lease.expires < now {
            let reason = "no heartbeat named it for \(Int(configuration.leaseLifetime)) s"
            let tries = jobs[lease.attempt.segment.job]?.plan.segments[lease.attempt.segment.index].counted.count ?? 1
            outbox.act(.cancel(id, lease.attempt))
            close(lease.attempt, .lost(reason: reason, begun: place == 0), waitUntil: now + backOff(after: tries))
            judge(lease.attempt.segment, at: now)
        }
    }
}
