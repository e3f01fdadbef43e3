import CoordinatorCore
import FarmModel
import FarmProtocol

/// Messages take their time, get lost, come twice, overtake each other.
extension Simulation {
    func send(_ action: SchedulerAction, to id: WorkerID) {
        guard let index = connections[id] else { return }
        travel(id, of: index) { simulation in
            guard simulation.workers[index].connection == id else { return }
            simulation.receive(action, index)
        }
    }

    func send(_ message: WorkerMessage, from index: Int) {
        guard let id = workers[index].connection else { return }
        let current = life
        // What was sent arrives even after the connection broke, as long as the coordinator lives.
        travel(id, of: index) { try $0.receive(message, id, in: current) }
    }

    private func travel(_ id: WorkerID, of index: Int, _ arrive: @escaping Happening) {
        let copies = generator.chance(settings.duplication) ? 2 : 1
        if copies == 2 { count(.duplicated) }
        for _ in 0..<copies {
            if generator.chance(settings.loss) || workers[index].partitionedUntil > now {
                count(.lost)
                continue
            }
            let delay = generator.chance(0.05) ? generator.between(0, 5) : generator.between(0.001, 0.05)
            if now + delay < lastArrival[id] ?? 0 { count(.overtaken) }
            lastArrival[id] = max(now + delay, lastArrival[id] ?? 0)
            after(delay, arrive)
        }
    }

    /// The coordinator takes a worker's message in; a result's bytes are fetched and checked first.
    private func receive(_ message: WorkerMessage, _ id: WorkerID, in current: Int) throws {
        switch message {
        case .hello(let hello): try step(.workerConnected(id, hello), in: current)
        case .heartbeat(let heartbeat): try step(.heartbeat(id, heartbeat), in: current)
        case .calibrated(let calibration): try step(.calibrated(id, calibration), in: current)
        case .failure(let failure): try step(.failed(id, failure), in: current)
        case .draining: try step(.drain(id), in: current)
        case .goodbye: try step(.goodbye(id), in: current)
        case .result(let result):
            let isBad = generator.chance(settings.badDelivery) && mayFail(result.attempt)
            if isBad { count(.badDelivery) }
            after(generator.between(0.01, 1)) { simulation in
                let event =
                    isBad
                    ? SchedulerEvent.deliveryRefused(id, result.attempt, reason: "its hash is wrong")
                    : .delivered(id, result)
                try simulation.step(event, in: current)
            }
        }
    }

    /// Faults are spread so that none of them alone may fail a job: that is for the cursed segment.
    func mayFail(_ attempt: AttemptID) -> Bool {
        let attempts = store.segment(attempt.segment)?.attempts ?? []
        return attempts.count { $0.outcome?.isFailure == true } < 1
    }

    func mayLose(_ attempt: AttemptID) -> Bool {
        let attempts = store.segment(attempt.segment)?.attempts ?? []
        return attempts.count { $0.outcome?.isLoss == true } < 5
    }
}
