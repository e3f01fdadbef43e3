public import FarmModel

/// The scheduler's state for people. Looking costs as much as there is to see, and changes nothing.
extension Scheduler {
    /// Jobs in the order in which they are worked on.
    public func snapshots() -> [JobSnapshot] {
        var ahead = 0.0
        return jobOrder.compactMap { key in
            guard let job = jobs[key.id] else { return nil }
            defer { ahead += workLeft(job) }
            return snapshot(of: job, ahead: ahead)
        }
    }

    public func snapshot(of id: JobID) -> JobSnapshot? {
        jobs[id].map { snapshot(of: $0, ahead: workAhead(of: $0)) }
    }

    private func snapshot(of job: JobRun, ahead: Double) -> JobSnapshot {
        let id = job.id
        let underWay = attempts(of: job)
        let done = underWay.reduce(into: [:]) {
            $0[$1.attempt.segment, default: 0] = max($0[$1.attempt.segment] ?? 0, $1.framesDone)
        }
        return JobSnapshot(
            id: id, state: job.plan.state, priority: job.plan.priority, isPaused: job.plan.isPaused,
            owner: job.plan.owner, needs: job.plan.effectiveNeeds,
            isCalibrating: job.plan.state == .running && job.plan.shape == nil, shape: job.plan.shape,
            segmentsAccepted: job.acceptedCount, segmentsLeased: job.open.count, segmentsWaiting: job.waitingCount,
            framesTotal: job.framesTotal, framesDone: job.framesAccepted + done.values.reduce(0, +),
            struck: job.plan.struck, failures: failures(of: job), waits: waits(of: job),
            eta: eta(of: job, ahead: ahead),
            framesPerSecond: framesPerSecond(underWay, weight: job.plan.weight), underWay: underWay,
            slowest: underWay.filter(\.isBegun).max { ($0.expected ?? $0.seconds) < ($1.expected ?? $1.seconds) })
    }

    /// The durable part of a job's state: after every event, what the queue store must hold.
    public func plan(of id: JobID) -> JobPlan? { jobs[id]?.plan }

    /// Whether a worker of that name is connected or remembered.
    public func knows(worker name: String) -> Bool { notes[name] != nil }

    /// Workers in the order of their connection, then those that are away, by name.
    public func workerSnapshots() -> [WorkerSnapshot] {
        let here = workers.keys.sorted().compactMap { number in workers[number].map { snapshot(of: $0, number) } }
        let gone = notes.keys.filter { names[$0] == nil }.sorted()
        return here + gone.compactMap { name in notes[name].map { away($0, name) } }
    }

    // MARK: Parts

    private func failures(of job: JobRun) -> [String] {
        if job.plan.state == .failed { return job.plan.reasons }
        return job.calibration.failures + job.calibration.losses + job.failures
    }

    private func attempts(of job: JobRun) -> [AttemptSnapshot] {
        job.open.sorted { $0.key < $1.key }.flatMap { index, numbers in
            numbers.compactMap { number in
                let attempt = AttemptID(segment: SegmentID(job: job.id, index: index), number: number)
                return position(of: attempt).flatMap { snapshot(at: $0.ref, $0.place) }
            }
        }
    }

    private func snapshot(at ref: SlotRef, _ place: Int) -> AttemptSnapshot? {
        guard let worker = workers[ref.worker] else { return nil }
        let lease = worker.slots[ref.slot].leases[place]
        let segment = lease.attempt.segment
        let frames = jobs[segment.job]?.plan.segments[segment.index].range.count ?? 0
        let isBegun = lease.begun != nil
        return AttemptSnapshot(
            attempt: lease.attempt, worker: worker.name, slot: ref.slot, framesDone: min(max(0, lease.frames), frames),
            frames: frames, seconds: clock - (lease.begun ?? lease.leased), isBegun: isBegun,
            expected: pace(of: ref) == nil || !isBegun ? nil : max(0, expectedEnd(of: lease, at: ref) - clock),
            isPaired: jobs[segment.job]?.open[segment.index]?.count ?? 0 > 1)
    }

    private func framesPerSecond(_ underWay: [AttemptSnapshot], weight: Double) -> Double? {
        let rates = underWay.filter(\.isBegun).compactMap { attempt in
            holders[attempt.attempt].flatMap { workers[$0.worker]?.slots[$0.slot].pace }.map {
                1 / ($0 * weight * 1e-6)
            }
        }
        return rates.isEmpty ? nil : rates.reduce(0, +)
    }

    private func snapshot(of worker: WorkerState, _ number: Int) -> WorkerSnapshot {
        let note = notes[worker.name] ?? WorkerNote()
        let slots = worker.slots.enumerated().map { index, slot in
            let leases = slot.leases.indices.compactMap { snapshot(at: SlotRef(worker: number, slot: index), $0) }
            let weight = slot.leases.first.flatMap { jobs[$0.attempt.segment.job]?.plan.weight }
            return WorkerSnapshot.Slot(
                description: worker.hello.slots[index], leases: leases,
                calibrates: slot.calibration?.started == nil ? nil : slot.calibration?.job, pace: slot.pace,
                framesPerSecond: weight.flatMap { weight in slot.pace.map { 1 / ($0 * weight * 1e-6) } },
                limit: slot.limit)
        }
        return WorkerSnapshot(
            name: worker.name, isConnected: true, isSilent: worker.isSilent, isDrained: note.isDrained,
            isLeaving: worker.isLeaving, asideReason: note.asideReason, slots: slots, segmentsDone: note.segmentsDone,
            failures: note.failures, secondsSilent: clock - worker.lastHeard)
    }

    private func away(_ note: WorkerNote, _ name: String) -> WorkerSnapshot {
        let slots = note.hello?.slots.map {
            WorkerSnapshot.Slot(description: $0, leases: [], calibrates: nil, pace: nil, framesPerSecond: nil)
        }
        return WorkerSnapshot(
            name: name, isConnected: false, isSilent: false, isDrained: note.isDrained, isLeaving: false,
            asideReason: note.asideReason, slots: slots ?? [], segmentsDone: note.segmentsDone, failures: note.failures,
            secondsSilent: note.lastHeard.map { clock - $0 })
    }
}
