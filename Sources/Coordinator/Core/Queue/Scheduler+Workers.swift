internal import FarmModel
internal import FarmProtocol

extension Scheduler {
    /// Takes a worker in. A name belongs to its newest start; the same start on a new connection keeps its leases.
    mutating func connect(_ id: WorkerID, _ hello: WorkerHello, at now: Double) {
        guard !hello.slots.isEmpty else { return outbox.act(.reject(id, reason: "the worker offers no device")) }
        if let known = workers[id], known.hello.worker.name != hello.worker.name {
            lose(id, .lost(reason: "another worker took the connection over", begun: false), at: now)
        }
        if let old = workerOrder.first(where: { workers[$0]?.name == hello.worker.name }), let state = workers[old] {
            if state.hello.worker.epoch > hello.worker.epoch {
                return outbox.act(.reject(id, reason: "a newer start of worker \(state.name) is connected"))
            }
            replace(old, state, by: id, hello, at: now)
        } else {
            workers[id] = WorkerState(hello: hello, now: now)
            workerOrder.append(id)
        }
        workers[id]?.lastHeard = now
        outbox.act(.welcome(id))
        assign(at: now)
    }

    private mutating func replace(
        _ old: WorkerID, _ state: WorkerState, by id: WorkerID, _ hello: WorkerHello, at now: Double
    ) {
        if state.hello.worker == hello.worker, state.hello.slots == hello.slots {
            if old != id { rename(old, to: id) }
            return
        }
        lose(old, .lost(reason: "the worker was started anew", begun: false), at: now)
        if old != id { outbox.act(.reject(old, reason: "a newer start of worker \(state.name) is connected")) }
        workers[id] = WorkerState(hello: hello, now: now)
        workerOrder.append(id)
    }

    private mutating func rename(_ old: WorkerID, to id: WorkerID) {
        guard let state = workers.removeValue(forKey: old) else { return }
        workers[id] = state
        workerOrder = workerOrder.map { $0 == old ? id : $0 }
        for (slot, held) in state.slots.enumerated() {
            let ref = SlotRef(worker: id, slot: slot)
            for lease in held.leases {
                jobs[lease.attempt.segment.job]?.phases[lease.attempt.segment.index] = .leased(ref)
            }
            if let job = held.calibration?.job, jobs[job]?.calibration.holder == SlotRef(worker: old, slot: slot) {
                jobs[job]?.calibration.holder = ref
            }
        }
    }

    /// Forgets a worker; its leases end with `outcome` (of a slot's lost leases, the current one had begun) and their
    /// segments wait for others at once.
    mutating func lose(_ id: WorkerID, _ outcome: AttemptOutcome, at now: Double) {
        guard let worker = workers.removeValue(forKey: id) else { return }
        workerOrder.removeAll { $0 == id }
        for (index, slot) in worker.slots.enumerated() {
            for (place, lease) in slot.leases.enumerated() {
                close(lease.attempt, outcome.begun(place == 0), waitUntil: now)
                judge(lease.attempt.segment, at: now)
            }
            if let calibration = slot.calibration {
                calibrationLost(
                    calibration.job, by: SlotRef(worker: id, slot: index), of: worker.name, outcome, at: now)
            }
        }
        assign(at: now)
    }

    mutating func drain(_ id: WorkerID, at now: Double) {
        guard workers[id] != nil else { return }
        workers[id]?.isDraining = true
        outbox.act(.drain(id))
        assign(at: now)
    }

    /// Renews the leases that the worker names, and has it stop what is not its own any more. A connection that is not
    /// known, after a restart of this side or words that overtook each other, is to say hello anew.
    mutating func heard(_ id: WorkerID, _ heartbeat: Heartbeat, at now: Double) {
        guard workers[id] != nil else {
            return outbox.act(.stranger(id))
        }
        let wasSilent = isSilent(id, at: now)
        workers[id]?.lastHeard = now
        for progress in heartbeat.attempts { renew(progress, of: id, at: now) }
        if wasSilent { assign(at: now) }
    }

    private mutating func renew(_ progress: Heartbeat.Progress, of id: WorkerID, at now: Double) {
        guard let ref = holder(of: progress.attempt), ref.worker == id,
            let place = workers[id]?.slots[ref.slot].leases.firstIndex(where: { $0.attempt == progress.attempt })
        else { return outbox.act(.cancel(id, progress.attempt)) }
        workers[id]?.slots[ref.slot].leases[place].expires = now + configuration.leaseLifetime
        workers[id]?.slots[ref.slot].leases[place].frames = progress.frames
    }

    func isSilent(_ id: WorkerID, at now: Double) -> Bool {
        guard let worker = workers[id] else { return true }
        return now - worker.lastHeard > configuration.leaseLifetime
    }

    /// May be given more work.
    func isAvailable(_ id: WorkerID, at now: Double) -> Bool {
        !isSilent(id, at: now) && workers[id]?.isDraining == false
    }
}

extension AttemptOutcome {
    func begun(_ begun: Bool) -> AttemptOutcome {
        if case .lost(let reason, _) = self { .lost(reason: reason, begun: begun) } else { self }
    }
}
