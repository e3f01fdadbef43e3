internal import FarmModel
internal import FarmProtocol

extension Scheduler {
    /// Has one idle slot find the execution shape of each job that has none yet.
    mutating func calibrateJobs(at now: Double) {
        for id in jobOrder {
            guard let job = jobs[id], job.plan.state == .running, job.plan.shape == nil, job.calibration.holder == nil,
                job.calibration.notBefore <= now, let ref = calibrator(avoiding: job.calibration.marks, at: now)
            else { continue }
            jobs[id]?.calibration.holder = ref
            workers[ref.worker]?.slots[ref.slot].calibration = SlotState.Calibration(job: id, started: now)
            outbox.act(.calibrate(ref.worker, slot: ref.slot, id))
        }
    }

    private func calibrator(avoiding marks: [SlotMark], at now: Double) -> SlotRef? {
        for id in workerOrder where isAvailable(id, at: now) {
            for (slot, state) in (workers[id]?.slots ?? []).enumerated()
            where state.leases.isEmpty && state.calibration == nil {
                let ref = SlotRef(worker: id, slot: slot)
                if isBest(ref, avoiding: marks, at: now) { return ref }
            }
        }
        return nil
    }

    /// The first usable shape counts, whoever brings it.
    mutating func calibrated(_ id: WorkerID, _ calibration: Calibration, at now: Double) {
        workers[id]?.lastHeard = now
        guard workers[id] != nil, let job = jobs[calibration.job], job.plan.state == .running, job.plan.shape == nil
        else {
            release(id, calibration.job)
            return assign(at: now)
        }
        let shape = calibration.shape
        guard shape.tile >= 0, shape.batch >= 1, shape.precision != .auto else {
            return calibrationFailed(id, calibration.job, "a shape that cannot be: \(shape)", at: now)
        }
        release(id, calibration.job)
        jobs[calibration.job]?.calibration.holder = nil
        jobs[calibration.job]?.plan.shape = shape
        outbox.change(.pinned(calibration.job, shape))
        assign(at: now)
    }

    mutating func calibrationFailed(_ id: WorkerID, _ job: JobID, _ reason: String, at now: Double) {
        guard let ref = release(id, job), jobs[job]?.calibration.holder == ref else { return assign(at: now) }
        note(job, ref, of: workers[id]?.name ?? "", reason, isFailure: true, at: now)
        assign(at: now)
    }

    mutating func calibrationLost(
        _ job: JobID, by ref: SlotRef, of name: String, _ outcome: AttemptOutcome, at now: Double
    ) {
        guard let run = jobs[job]?.calibration, run.holder == ref else { return }
        if case .withdrawn = outcome {
            jobs[job]?.calibration.holder = nil
        } else {
            note(job, ref, of: name, outcome.reason ?? "", isFailure: false, at: now)
        }
    }

    mutating func lapseCalibrations(at now: Double) {
        for id in workerOrder {
            for (slot, state) in (workers[id]?.slots ?? []).enumerated() {
                guard let calibration = state.calibration, let worker = workers[id] else { continue }
                let ref = SlotRef(worker: id, slot: slot)
                if now - calibration.started > configuration.calibrationLimit {
                    let reason = "no result within \(Int(configuration.calibrationLimit)) s"
                    calibrationFailed(id, calibration.job, reason, at: now)
                } else if now - worker.lastHeard > configuration.calibrationSilence {
                    let reason = "the worker fell silent for \(Int(configuration.calibrationSilence)) s"
                    let lost = AttemptOutcome.lost(reason: reason, begun: true)
                    calibrationLost(calibration.job, by: ref, of: worker.name, lost, at: now)
                }
            }
        }
    }

    /// Notes a calibration that came to nothing; the job fails with its reasons after too many.
    private mutating func note(
        _ id: JobID, _ ref: SlotRef, of name: String, _ reason: String, isFailure: Bool, at now: Double
    ) {
        guard var run = jobs[id]?.calibration else { return }
        let line = "calibration on \(name), slot \(ref.slot): \(reason)"
        if isFailure { run.failures.append(line) } else { run.losses.append(line) }
        run.holder = nil
        run.marks.append(SlotMark(worker: name, slot: ref.slot))
        run.notBefore = isFailure ? now + backOff(after: run.failures.count) : now
        jobs[id]?.calibration = run
        let reasons = run.failures + run.losses
        if run.failures.count >= configuration.failureLimit || run.losses.count >= configuration.lossLimit {
            fail(id, reasons: ["calibration came to nothing \(reasons.count) times"] + reasons, at: now)
        }
    }

    /// Frees the slot that calibrates the job.
    @discardableResult
    private mutating func release(_ id: WorkerID, _ job: JobID) -> SlotRef? {
        guard let slot = workers[id]?.slots.firstIndex(where: { $0.calibration?.job == job }) else { return nil }
        workers[id]?.slots[slot].calibration = nil
        return SlotRef(worker: id, slot: slot)
    }
}
