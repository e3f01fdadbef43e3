import CoordinatorCore
import FarmModel
import FarmProtocol

/// What workers do: connect, work, beat, deliver until answered, die and come back.
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
        send(.hello(workers[index].hello), from: index)
    }

    /// Every five seconds: all that is held, and again what was not answered.
    private func beat(_ index: Int, epoch: Int64) {
        guard workers[index].isAlive, workers[index].epoch == epoch else { return }
        if let id = workers[index].connection, connections[id] == nil { connections[id] = index }
        if workers[index].isWelcome {
            send(.heartbeat(workers[index].heartbeat), from: index)
            for held in workers[index].slots.joined() where held.stage == .delivering { deliver(held, from: index) }
        } else {
            send(.hello(workers[index].hello), from: index)
        }
        after(5) { $0.beat(index, epoch: epoch) }
    }

    func receive(_ action: SchedulerAction, _ index: Int) {
        switch action {
        case .welcome: workers[index].isWelcome = true
        case .reject, .stranger: connect(index)
        case .calibrate(_, let slot, let job): calibrate(job, slot, index)
        case .lease(_, let slot, let attempt, let extraRunUp):
            guard workers[index].holds(attempt) == nil else { return }
            workers[index].slots[slot].append(.init(attempt: attempt, extraRunUp: extraRunUp))
            startNext(slot, index)
        case .accept(_, let attempt), .refuse(_, let attempt, _), .cancel(_, let attempt): drop(attempt, index)
        default: break
        }
    }

    private func drop(_ attempt: AttemptID, _ index: Int) {
        guard let (slot, _) = workers[index].holds(attempt) else { return }
        workers[index].forget(attempt)
        startNext(slot, index)
    }

    private func startNext(_ slot: Int, _ index: Int) {
        let held = workers[index].slots[slot]
        guard !held.contains(where: { $0.stage == .running }),
            let place = held.firstIndex(where: { $0.stage == .queued })
        else { return }
        workers[index].slots[slot][place].stage = .running
        let (attempt, epoch) = (held[place].attempt, workers[index].epoch)
        after(workers[index].pace * generator.between(0.7, 1.3)) { $0.finish(attempt, index, epoch: epoch) }
    }

    private func finish(_ attempt: AttemptID, _ index: Int, epoch: Int64) {
        guard workers[index].isAlive, workers[index].epoch == epoch, let (slot, place) = workers[index].holds(attempt),
            workers[index].slots[slot][place].stage == .running
        else { return }
        let isCursed = films[attempt.segment.job]?.cursed == attempt.segment.index
        if isCursed || (generator.chance(settings.engineCrash) && mayFail(attempt)) {
            count(.engineCrash)
            let job = attempt.segment.job
            send(
                .failure(AttemptFailure(attempt: attempt, job: job, reason: "signal 11", crashed: true)), from: index)
            workers[index].forget(attempt)
        } else {
            workers[index].slots[slot][place].stage = .delivering
            deliver(workers[index].slots[slot][place], from: index)
        }
        startNext(slot, index)
    }

    private func deliver(_ held: SimulatedWorker.Held, from index: Int) {
        guard let film = films[held.attempt.segment.job] else { return }
        send(.result(film.result(of: held.attempt, extraRunUp: held.extraRunUp)), from: index)
    }

    private func calibrate(_ job: JobID, _ slot: Int, _ index: Int) {
        let epoch = workers[index].epoch
        let shape = ExecutionShape(tile: 0, batch: 1 + index, precision: .fp32)
        let result = WorkerMessage.calibrated(Calibration(job: job, shape: shape, framesPerSecond: 1))
        after(generator.between(1, 10)) { simulation in
            guard simulation.workers[index].isAlive, simulation.workers[index].epoch == epoch else { return }
            simulation.send(result, from: index)
        }
    }

    func scheduleWorkerCrash() {
        after(generator.between(0, 2 * settings.workerCrashEvery)) { simulation in
            simulation.crashWorker(Int.random(in: 0..<simulation.workers.count, using: &simulation.generator))
            simulation.scheduleWorkerCrash()
        }
    }

    /// `kill -9`, and a supervisor that starts it anew. Mostly the closed connection tells the coordinator; not always.
    private func crashWorker(_ index: Int) {
        guard workers[index].isAlive, workers[index].slots.joined().allSatisfy({ mayLose($0.attempt) }) else { return }
        count(.workerCrash)
        if let id = workers[index].connection {
            connections[id] = nil
            let current = life
            if generator.chance(0.7) { after(0.1) { try $0.step(.workerGone(id), in: current) } }
        }
        workers[index].die()
        if generator.chance(0.03) { return count(.lostForGood) }
        after(generator.between(1, 30)) { $0.startWorker(index) }
    }

    func schedulePartition() {
        after(generator.between(0, 2 * settings.partitionEvery)) { simulation in
            let index = Int.random(in: 0..<simulation.workers.count, using: &simulation.generator)
            if simulation.workers[index].slots.joined().allSatisfy({ simulation.mayLose($0.attempt) }) {
                simulation.count(.partition)
                simulation.workers[index].partitionedUntil = simulation.now + simulation.generator.between(5, 90)
            }
            simulation.schedulePartition()
        }
    }

    /// A connection that breaks and is made anew a few times in a row, while the process goes on.
    func scheduleFlap() {
        after(generator.between(0, 2 * settings.flapEvery)) { simulation in
            let index = Int.random(in: 0..<simulation.workers.count, using: &simulation.generator)
            simulation.scheduleFlap()
            guard simulation.workers[index].isAlive else { return }
            simulation.count(.flap)
            for wait in [0, 0.3, 0.6] {
                simulation.after(wait) { simulation in
                    let (old, current) = (simulation.workers[index].connection, simulation.life)
                    simulation.connect(index)
                    guard let old, simulation.generator.chance(0.7) else { return }
                    simulation.after(simulation.generator.between(0, 5)) { try $0.step(.workerGone(old), in: current) }
                }
            }
        }
    }
}
