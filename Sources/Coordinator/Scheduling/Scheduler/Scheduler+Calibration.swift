internal import FarmModel
internal import FarmProtocol

extension Scheduler {
    /// Some slot looks for the job's execution shape now.
    func isCalibrating(_ id: JobID) -> Bool {
        guard let ref = jobs[id]?.calibration.holder else { return false }
        return workers[ref.worker]?.slots[ref.slot].calibration?.started != nil
    }

    /// Has a slot find the execution shape of a job that has none yet: an idle one, or the emptiest, which then takes
    /// nothing more before it.
    mutating func calibrate(_ id: JobID) {
        guard let job = jobs[id], let pool = job.pool,
            let ref = slot(in: pool, avoiding: job.calibration.marks) ?? anySlot(in: pool, for: job),
            let isIdle = workers[ref.worker]?.slots[ref.slot].leases.isEmpty
        else { return }
        if let reserved = job.calibration.holder {
            guard isIdle else { return }
            giveUpReservation(reserved)
        }
        jobs[id]?.calibration.holder = ref
        workers[ref.worker]?.slots[ref.slot].calibration = SlotState.Calibration(job: id)
        startReservedCalibration(ref)
        refresh(ref)
        refresh(id)
    }

    /// After a while that a better slot did not come free, any will do.
    private mutating func anySlot(in pool: Int, for job: JobRun) -> SlotRef? {
        let end = job.calibration.notBefore + configuration.patience
        if end <= clock { return anySlot(in: pool) }
        if job.calibration.reminded != end { timers.add(.calibrationWait(job.id), at: end) }
        jobs[job.id]?.calibration.reminded = end
        return nil
    }

    mutating func startReservedCalibration(_ ref: SlotRef) {
        guard let slot = workers[ref.worker]?.slots[ref.slot], slot.leases.isEmpty, let calibration = slot.calibration,
            calibration.started == nil, let id = workers[ref.worker]?.connection
        else { return }
        workers[ref.worker]?.slots[ref.slot].calibration?.started = clock
        outbox.act(.calibrate(id, slot: ref.slot, calibration.job))
        let first = min(configuration.calibrationLimit, configuration.calibrationSilence)
        timers.add(.calibration(calibration.job, ref), at: (clock + first).nextUp)
        refresh(calibration.job)
    }

    /// Gives a slot free that was to calibrate and has not begun to.
    mutating func giveUpReservation(_ ref: SlotRef) {
        guard let calibration = workers[ref.worker]?.slots[ref.slot].calibration, calibration.started == nil else {
            return
        }
        workers[ref.worker]?.slots[ref.slot].calibration = nil
        if jobs[calibration.job]?.calibration.holder == ref { jobs[calibration.job]?.calibration.holder = nil }
        refresh(ref)
        refresh(calibration.job)
    }

    /// The first usable shape counts, whoever brings it.
    mutating func calibrated(_ id: WorkerID, _ calibration: Calibration) {
        hear(id)
        guard connections[id] != nil, let plan = jobs[calibration.job]?.plan, plan.state == .running, plan.shape == nil
        else {
            release(id, calibration.job)
            return
        }
        let shape = calibration.shape
        guard shape.tile >= 0, shape.batch >= 1, shape.precision != .auto else {
            return calibrationFailed(id, calibration.job, "a shape that cannot be: \(shape)")
        }
        release(id, calibration.job)
        if let ref = jobs[calibration.job]?.calibration.holder { giveUpReservation(ref) }
        jobs[calibration.job]?.calibration.holder = nil
        jobs[calibration.job]?.plan.shape = shape
        jobs[calibration.job]?.calibration.finder = connections[id].flatMap { workers[$0]?.name }
        outbox.change(.pinned(calibration.job, shape))
        let failed = jobs[calibration.job]?.calibration.failed ?? []
        for name in Set(failed.map(\.worker)).sorted() { judge(worker: name) }
        refresh(calibration.job)
    }

    mutating func calibrationFailed(_ id: WorkerID, _ job: JobID, _ reason: String) {
        guard let ref = release(id, job), jobs[job]?.calibration.holder == ref else { return }
        note(job, ref, of: workers[ref.worker]?.name ?? "", reason, isFailure: true)
    }

    mutating func calibrationLost(_ job: JobID, by ref: SlotRef, of name: String, _ outcome: AttemptOutcome) {
        guard jobs[job]?.calibration.holder == ref else { return }
        if case .withdrawn = outcome {
            jobs[job]?.calibration.holder = nil
            refresh(job)
        } else {
            note(job, ref, of: name, outcome.reason ?? "", isFailure: false)
        }
    }

    /// Ends a calibration that takes too long, or whose worker is silent for too long. In the second case the slot stays
    /// with it until it answers or takes too long: it may be at it still.
    mutating func lapseCalibration(of job: JobID, at ref: SlotRef) {
        guard let worker = workers[ref.worker], let calibration = worker.slots[ref.slot].calibration,
            calibration.job == job, let started = calibration.started
        else { return }
        let limit = started + configuration.calibrationLimit
        let silence = max(started, worker.lastHeard) + configuration.calibrationSilence
        if limit < clock {
            let reason = "no result within \(Int(configuration.calibrationLimit)) s"
            return calibrationFailed(worker.connection, job, reason)
        }
        timers.add(.calibration(job, ref), at: (silence < clock ? limit : min(limit, silence)).nextUp)
        guard silence < clock else { return }
        let reason = "the worker fell silent for \(Int(configuration.calibrationSilence)) s"
        calibrationLost(job, by: ref, of: worker.name, .lost(reason: reason, begun: true))
    }

    /// Notes a calibration that came to nothing; the job fails with its reasons after too many.
    private mutating func note(_ id: JobID, _ ref: SlotRef, of name: String, _ reason: String, isFailure: Bool) {
        guard var run = jobs[id]?.calibration else { return }
        let (line, mark) = (
            "calibration on \(name), slot \(ref.slot): \(reason)", SlotMark(worker: name, slot: ref.slot)
        )
        run.holder = nil
        run.marks.append(mark)
        if isFailure {
            run.failures.append(line)
            run.failed.append(mark)
            run.notBefore = clock + backOff(after: run.failed.count { $0.worker == name })
            timers.add(.calibrationWait(id), at: run.notBefore)
        } else {
            run.losses.append(line)
            run.notBefore = clock
        }
        jobs[id]?.calibration = run
        if isFailure { noteFailure(of: name, .calibration(id), reason) }
        refresh(id)
        let reasons = run.failures + run.losses
        if isTooMuch(run.failed.map(\.worker), in: jobs[id]?.pool) || run.losses.count >= configuration.lossLimit {
            fail(id, reasons: ["calibration came to nothing \(reasons.count) times"] + reasons)
        }
    }

    /// Frees the slot that calibrates the job.
    @discardableResult
    private mutating func release(_ id: WorkerID, _ job: JobID) -> SlotRef? {
        guard let number = connections[id],
            let slot = workers[number]?.slots.firstIndex(where: {
                $0.calibration?.job == job && $0.calibration?.started != nil
            })
        else { return nil }
        workers[number]?.slots[slot].calibration = nil
        let ref = SlotRef(worker: number, slot: slot)
        refresh(ref)
        return ref
    }
}
