import FarmModel
import FarmProtocol
import Scheduling

/// Processes that die, leave and slow down, networks that part, connections that flap.
extension Simulation {
    func scheduleFaults() {
        every(settings.workerCrashEvery) { $0.crashWorker($0.anyWorker) }
        every(settings.workerCrashEvery * 4) { $0.dismissWorker($0.anyWorker) }
        every(settings.partitionEvery) { $0.partition($0.anyWorker) }
        every(settings.flapEvery) { $0.flap($0.anyWorker) }
        every(settings.slowdownEvery) { $0.slowDown($0.anyWorker) }
        every(settings.diskTroubleEvery) { $0.troubleDisk() }
        every(settings.operatorEvery) { try $0.operate() }
    }

    /// As long as the storm lasts.
    private func every(_ mean: Double, _ happening: @escaping Happening) {
        after(generator.between(0, 2 * mean)) { simulation in
            guard !simulation.isCalm else { return }
            try happening(simulation)
            simulation.every(mean, happening)
        }
    }

    private var anyWorker: Int { generator.index(below: workers.count) }

    /// A segment may lose so many workers before its job may be failed for it.
    private func mayLose(_ index: Int) -> Bool {
        let segments = workers[index].held.map(\.segment)
        guard segments.allSatisfy({ lost[$0, default: 0] < 4 }) else { return false }
        for segment in segments { lost[segment, default: 0] += 1 }
        return true
    }

    /// `kill -9`, and a supervisor that starts it anew. Mostly the closed connection tells the coordinator; not always.
    private func crashWorker(_ index: Int) {
        guard workers[index].isAlive, mayLose(index) else { return }
        count(.workerCrash)
        end(index)
        if index > 0, generator.chance(0.05) { return }  // until the storm is over
        after(generator.between(1, 30)) { $0.startWorker(index) }
    }

    private func end(_ index: Int) {
        if let id = workers[index].connection {
            connections[id] = nil
            let current = life
            let event: SchedulerEvent = generator.chance(0.5) ? .workerGone(id) : .workerUnreachable(id)
            if generator.chance(0.7) { after(0.1) { try $0.submit(event, in: current) } }
        }
        workers[index].die()
    }

    /// SIGTERM: it finishes what it holds, and a supervisor starts it anew later.
    private func dismissWorker(_ index: Int) {
        guard workers[index].isAlive, !workers[index].isLeaving else { return }
        count(.left)
        workers[index].isLeaving = true
        send(.draining, from: index)
        leaveIfDone(index)
    }

    func leaveIfDone(_ index: Int) {
        guard workers[index].isLeaving, workers[index].isAlive, workers[index].held.isEmpty else { return }
        send(.goodbye, from: index)
        if let id = workers[index].connection { connections[id] = nil }
        workers[index].die()
        after(generator.between(5, 40)) { $0.startWorker(index) }
    }

    private func partition(_ index: Int) {
        guard mayLose(index) else { return }
        count(.partition)
        if let id = workers[index].connection, generator.chance(0.5) {
            let current = life
            after(generator.between(0, 5)) { try $0.submit(.workerUnreachable(id), in: current) }
        }
        workers[index].partitionedUntil = now + generator.between(5, 90)
    }

    /// A connection that breaks and is made anew a few times in a row, while the process goes on.
    private func flap(_ index: Int) {
        guard workers[index].isAlive, mayLose(index) else { return }
        count(.flap)
        for wait in [0, 0.3, 0.6] {
            after(wait) { simulation in
                let (old, current) = (simulation.workers[index].connection, simulation.life)
                simulation.connect(index)
                guard let old, simulation.generator.chance(0.7) else { return }
                simulation.after(simulation.generator.between(0, 5)) {
                    try $0.submit(.workerUnreachable(old), in: current)
                }
            }
        }
    }

    /// A box that throttles, or a neighbour on its device: everything takes many times as long from now on.
    private func slowDown(_ index: Int) {
        guard index > 0, workers[index].slowness == 1 else { return }
        count(.slowdown)
        let factor = generator.between(3, 30)
        slow(index, factor)
        after(generator.between(30, 200)) { simulation in
            if simulation.generator.chance(0.7) { simulation.slow(index, 1 / factor) }
        }
    }
}
