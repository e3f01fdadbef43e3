internal import FarmModel
internal import FarmProtocol

extension Scheduler {
    /// Takes a worker in. A name belongs to its newest start; the same start on a new connection keeps the leases that
    /// it says it holds.
    mutating func connect(_ id: WorkerID, _ hello: WorkerHello) {
        guard !hello.slots.isEmpty else { return outbox.act(.reject(id, reason: "the worker offers no device")) }
        let name = hello.worker.name
        if let known = connections[id].flatMap({ workers[$0] }), known.name != name {
            lose(id, .lost(reason: "another worker took the connection over", begun: false))
        }
        // One that has fallen silent stands in nobody's way: a box's clock may have gone back.
        if let old = names[name].flatMap({ workers[$0] }), !old.isSilent,
            old.hello.worker.epoch > hello.worker.epoch
        {
            return outbox.act(.reject(id, reason: "a newer start of worker \(name) is connected"))
        }
        let isSame = names[name].flatMap { workers[$0] }.map { isSameStart($0.hello, hello) } ?? false
        let isMoved = isSame && connections[id] == nil
        if isSame { move(name, to: id, holding: hello.held) } else { admit(id, hello) }
        outbox.act(.welcome(id))
        hear(id)
        claim(hello.held, by: id)
        if isMoved { askForCalibrationsAgain(id) }
    }

    /// The word to calibrate may have gone with the old connection, and no hello tells. A worker that is at it goes on.
    private mutating func askForCalibrationsAgain(_ id: WorkerID) {
        guard let number = connections[id], let slots = workers[number]?.slots else { return }
        for (index, slot) in slots.enumerated() {
            guard let calibration = slot.calibration, calibration.started != nil else { continue }
            outbox.act(.calibrate(id, slot: index, calibration.job))
        }
    }

    private func isSameStart(_ known: WorkerHello, _ hello: WorkerHello) -> Bool {
        known.worker.epoch == hello.worker.epoch && known.slots == hello.slots
    }

    /// The same process on a new connection. What went out on another one and is not held never arrived; on this one it
    /// may be on its way.
    private mutating func move(_ name: String, to id: WorkerID, holding held: [AttemptID]) {
        guard let number = names[name], let old = workers[number] else { return }
        connections[old.connection] = nil
        connections[id] = number
        workers[number]?.connection = id
        let held = Set(held)
        for lease in old.slots.flatMap(\.leases) where !held.contains(lease.attempt) && lease.via != id {
            close(lease.attempt, .withdrawn(reason: "it never reached the worker"), waitUntil: clock)
        }
    }

    /// A process that is new here. What an earlier one of its name had, and it does not hold, has ended.
    private mutating func admit(_ id: WorkerID, _ hello: WorkerHello) {
        let name = hello.worker.name
        if let number = names[name], let old = workers[number] {
            for lease in old.slots.flatMap(\.leases) where hello.held.contains(lease.attempt) {
                orphan(lease.attempt, of: name)
            }
            lose(old.connection, .lost(reason: "the worker was started anew", begun: false))
            if old.connection != id {
                outbox.act(.reject(old.connection, reason: "a newer start of worker \(name) is connected"))
            }
        }
        workersConnected += 1
        workers[workersConnected] = WorkerState(connection: id, hello: hello, now: clock)
        connections[id] = workersConnected
        names[name] = workersConnected
        notes[name, default: WorkerNote()].hello = workers[workersConnected]?.hello
        setAway(name, true)  // until it is found to be available
        if let kept = workers[workersConnected]?.hello { outbox.change(.workerSeen(kept)) }
        timers.add(.silence(worker: workersConnected), at: (clock + configuration.leaseLifetime).nextUp)
        enrol(workersConnected)
        refresh(worker: workersConnected)
    }

    /// Forgets a connected worker; its leases end with `outcome` (of a slot's lost leases, the current one had begun) and
    /// their segments wait for others at once.
    mutating func lose(_ id: WorkerID, _ outcome: AttemptOutcome) {
        guard let number = connections[id], let worker = workers[number] else { return }
        workers[number]?.isLeaving = true
        refresh(worker: number)
        for (index, slot) in worker.slots.enumerated() {
            for (place, lease) in slot.leases.enumerated() {
                close(lease.attempt, outcome.begun(place == 0), waitUntil: clock)
                judge(lease.attempt.segment)
            }
            let ref = SlotRef(worker: number, slot: index)
            if let calibration = slot.calibration {
                calibrationLost(calibration.job, by: ref, of: worker.name, outcome)
            }
            forgetPace(of: ref)
        }
        workers[number] = nil
        connections[id] = nil
        names[worker.name] = nil
        notes[worker.name]?.lastHeard = worker.lastHeard
        timers.add(.forget(name: worker.name), at: clock + configuration.workerMemory)
    }

    mutating func leave(_ id: WorkerID) {
        guard let number = connections[id] else { return }
        workers[number]?.isLeaving = true
        refresh(worker: number)
        outbox.act(.drain(id))
    }

    /// Renews the leases that the worker names, and has it stop what is not its own any more. A connection that is not
    /// known, after a restart of this side or words that overtook each other, is to say hello anew.
    mutating func heard(_ id: WorkerID, _ heartbeat: Heartbeat) {
        guard let number = connections[id] else { return outbox.act(.stranger(id)) }
        hear(id)
        var slots: Set<Int> = []
        for progress in heartbeat.attempts {
            guard let (ref, place) = position(of: progress.attempt), ref.worker == number else {
                if workers[number]?.unclaimed[progress.attempt] == nil { outbox.act(.cancel(id, progress.attempt)) }
                continue
            }
            renew(progress.frames, at: ref, place)
            slots.insert(ref.slot)
        }
        for slot in slots.sorted() { expect(SlotRef(worker: number, slot: slot)) }
    }

    private mutating func renew(_ frames: Int, at ref: SlotRef, _ place: Int) {
        guard var lease = workers[ref.worker]?.slots[ref.slot].leases[place] else { return }
        let segment = lease.attempt.segment
        let frames = min(max(0, frames), jobs[segment.job]?.plan.segments[segment.index].range.count ?? 0)
        lease.expires = clock + configuration.leaseLifetime
        let hasMoved = frames > lease.frames
        if hasMoved {
            lease.frames = frames
            lease.progressed = clock
            // The pipeline takes segments without a gap: it may be in this one before the last is delivered.
            if lease.begun == nil { lease.begun = clock }
        }
        workers[ref.worker]?.slots[ref.slot].leases[place] = lease
        if hasMoved, place == 0 { learnPace(from: lease, at: ref, isDone: false) }
    }

    /// Any word of a worker shows that it is there.
    mutating func hear(_ id: WorkerID) {
        guard let number = connections[id] else { return }
        workers[number]?.lastHeard = clock
        guard workers[number]?.isSilent == true else { return }
        workers[number]?.isSilent = false
        refresh(worker: number)
    }

    /// As silent as one that was not heard of for a lease's lifetime.
    mutating func loseTouch(with id: WorkerID) {
        guard let number = connections[id], workers[number]?.isSilent == false else { return }
        workers[number]?.isSilent = true
        refresh(worker: number)
    }

    /// Each worker has one reminder for as long as it is connected. Who has been silent for long is connected no more.
    mutating func noticeSilence(_ number: Int) {
        guard let worker = workers[number] else { return }
        if worker.lastHeard + configuration.absence < clock {
            return lose(worker.connection, .lost(reason: "the worker went away", begun: false))
        }
        let end = worker.lastHeard + configuration.leaseLifetime
        timers.add(.silence(worker: number), at: (end < clock ? clock + configuration.leaseLifetime : end).nextUp)
        guard end < clock, !worker.isSilent else { return }
        workers[number]?.isSilent = true
        refresh(worker: number)
    }
}

extension AttemptOutcome {
    func begun(_ begun: Bool) -> AttemptOutcome {
        if case .lost(let reason, _) = self { .lost(reason: reason, begun: begun) } else { self }
    }
}
