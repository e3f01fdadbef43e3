import FarmModel
import FarmProtocol
import Scheduling

/// What workers do: connect, work, beat, deliver until answered.
extension Simulation {
    func startWorker(_ index: Int) {
        guard !workers[index].isAlive else { return }
        workers[index].isAlive = true
        workers[index].epoch += 1
        workers[index].lastKnown = now
        connect(index)
        beat(index, epoch: workers[index].epoch)
    }

    func connect(_ index: Int) {
        guard workers[index].isAlive else { return }
        if let old = workers[index].connection { connections[old] = nil }
        connectionCount += 1
        let id = WorkerID("c\(connectionCount)")
        workers[index].connection = id
        workers[index].isWelcome = false
        connections[id] = index
        greet(index)
    }

    private func greet(_ index: Int) { send(.hello(workers[index].hello), from: index) }

    /// At each interval: all that is held, and now and then again what was not answered.
    private func beat(_ index: Int, epoch: Int64) {
        guard workers[index].isAlive, workers[index].epoch == epoch else { return }
        if let id = workers[index].connection, connections[id] == nil { connections[id] = index }
        workers[index].beats += 1
        if workers[index].isWelcome {
            send(.heartbeat(workers[index].heartbeat(at: now)), from: index)
            if workers[index].beats.isMultiple(of: 3) { deliverAgain(index) }
        } else {
            greet(index)
        }
        after(settings.heartbeat) { $0.beat(index, epoch: epoch) }
    }

    private func deliverAgain(_ index: Int) {
        for held in workers[index].slots.joined() where held.stage == .delivering { deliver(held, from: index) }
    }

    func receive(_ message: CoordinatorMessage, _ index: Int) {
        switch message {
        case .welcome:
            workers[index].isWelcome = true
            if workers[index].isLeaving { send(.draining, from: index) }
        case .reject: connect(index)
        case .stranger:
            greet(index)
            deliverAgain(index)
        case .calibrate(let request): calibrate(request, index)
        case .lease(let lease): begin(lease, index)
        case .accepted(let attempt), .refused(let attempt, _), .cancel(let attempt): drop(attempt, index)
        case .drain: leaveIfDone(index)
        }
    }

    private func begin(_ lease: Lease, _ index: Int) {
        let (attempt, task) = (lease.task.attempt, lease.task)
        guard workers[index].holds(attempt) == nil, workers[index].slots.indices.contains(lease.slot) else { return }
        let extra = task.context.end - task.range.end
        workers[index].slots[lease.slot].append(.init(attempt: attempt, extraRunUp: extra))
        startNext(lease.slot, index)
    }

    private func drop(_ attempt: AttemptID, _ index: Int) {
        guard let (slot, _) = workers[index].holds(attempt) else { return }
        workers[index].forget(attempt)
        startNext(slot, index)
        leaveIfDone(index)
    }

    private func startNext(_ slot: Int, _ index: Int) {
        let held = workers[index].slots[slot]
        guard !held.contains(where: { $0.stage == .running }),
            let place = held.firstIndex(where: { $0.stage == .queued })
        else { return }
        let worker = workers[index]
        let length =
            switch worker.flaw {
            case nil: worker.pace * worker.slowness * generator.between(0.8, 1.2)
            case .engine, .calibrationToo: generator.between(0.1, 2)
            case .bulk: Double.infinity
            }
        workers[index].slots[slot][place].stage = .running
        workers[index].slots[slot][place].began = now
        workers[index].slots[slot][place].ends = now + length
        let attempt = held[place].attempt
        guard length < .infinity else { return }
        after(length) { $0.finish(attempt, index, epoch: worker.epoch) }
    }

    /// From now on everything takes so many times as long at the worker.
    func slow(_ index: Int, _ factor: Double) {
        workers[index].slow(factor, at: now)
        let epoch = workers[index].epoch
        for held in workers[index].slots.joined() where held.stage == .running && held.ends < .infinity {
            after(held.ends - now) { $0.finish(held.attempt, index, epoch: epoch) }
        }
    }

    private func finish(_ attempt: AttemptID, _ index: Int, epoch: Int64) {
        guard workers[index].isAlive, workers[index].epoch == epoch, let (slot, place) = workers[index].holds(attempt),
            workers[index].slots[slot][place].stage == .running
        else { return }
        let left = workers[index].slots[slot][place].ends - now
        guard left < 1e-6 else { return after(left) { $0.finish(attempt, index, epoch: epoch) } }
        if engineDies(on: attempt, at: index) {
            count(.engineCrash)
            let failure = AttemptFailure(
                attempt: attempt, job: attempt.segment.job, reason: "signal 11", crashed: true, log: ["last words"])
            send(.failure(failure), from: index)
            workers[index].forget(attempt)
            leaveIfDone(index)
        } else {
            workers[index].slots[slot][place].stage = .delivering
            deliver(workers[index].slots[slot][place], from: index)
        }
        startNext(slot, index)
    }

    /// Faults are spread so that none of them alone may fail a job: that is for the cursed segment.
    private func engineDies(on attempt: AttemptID, at index: Int) -> Bool {
        if workers[index].isBad || films[attempt.segment.job]?.cursed.contains(attempt.segment.index) == true {
            return true
        }
        return generator.chance(settings.engineCrash) && isMishap(attempt.segment, at: index)
    }

    /// Whether a fault may be put in the segment's way: once for each, and once for a worker until it has had something
    /// accepted, for more would be held against them, and rightly. What bad workers fail has good ones enough to try it.
    func isMishap(_ segment: SegmentID, at index: Int) -> Bool {
        guard !isCalm, !workers[index].hadMishap, settings.badWorkers == 0 || goodCount >= 4,
            failed.insert(segment).inserted
        else { return false }
        workers[index].hadMishap = true
        return true
    }

    private var goodCount: Int { workers.count { !$0.isBad && $0.descriptions.allSatisfy(Self.isAble) } }

    private func deliver(_ held: SimulatedWorker.Held, from index: Int) {
        guard let film = films[held.attempt.segment.job] else { return }
        send(.result(film.result(of: held.attempt, extraRunUp: held.extraRunUp)), from: index)
    }

    private func calibrate(_ request: CalibrationRequest, _ index: Int) {
        let epoch = workers[index].epoch
        let device = workers[index].descriptions[request.slot].device
        let shape = ExecutionShape(tile: 0, batch: 1 + index, precision: device == "cpu" ? .fp32 : .fp16)
        let result = WorkerMessage.calibrated(Calibration(job: request.job, shape: shape, framesPerSecond: 1))
        let flaw = workers[index].flaw
        guard flaw != .bulk else { return }
        let failure = AttemptFailure(attempt: nil, job: request.job, reason: "signal 11", crashed: true)
        after(generator.between(1, 10)) { simulation in
            guard simulation.workers[index].isAlive, simulation.workers[index].epoch == epoch else { return }
            simulation.send(flaw == .calibrationToo ? .failure(failure) : result, from: index)
        }
    }
}
