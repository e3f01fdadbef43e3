import FarmModel
import FarmProtocol
import Foundation

/// What it says and hears over the control channel.
extension LightWorker {
    func say(_ message: WorkerMessage) throws { try control.send([message.encoded()]) }

    func greet(_ now: Double) throws {
        lastHello = now
        let slot = SlotDescription(
            device: "cpu", deviceModel: "simulated", versions: [:], memory: 0, encoders: floor.encoders)
        let identity = WorkerIdentity(name: name, epoch: floor.epoch, processID: getpid())
        try say(.hello(WorkerHello(worker: identity, slots: [slot], held: held)))
    }

    private var held: [AttemptID] { waiting.map(\.attempt) + deliveries.keys }

    func beat(_ now: Double) throws {
        nextHeartbeat = now + heartbeatInterval
        try say(.heartbeat(Heartbeat(attempts: held.map { .init(attempt: $0, frames: 0) })))
    }

    func hear(_ frames: [Data], _ now: Double) throws {
        guard let data = frames.first else { return }
        switch try CoordinatorMessage(decoding: data) {
        case .welcome(let welcome): try welcomed(welcome, now)
        case .reject(let reason): throw LoadError("\(name) was rejected: \(reason)")
        case .stranger:
            isWelcome = false
            try greet(now)
        case .calibrate(let request):
            let shape = ExecutionShape(tile: request.tile ?? 0, batch: request.batch ?? 1, precision: .fp32)
            try say(.calibrated(Calibration(job: request.job, shape: shape)))
        case .lease(let lease): take(lease.task, now)
        case .accepted(let attempt): accepted(attempt, now)
        case .refused(let attempt, _):
            floor.note { $0.refused += 1 }
            floor.refused += 1
            forget(attempt, now)
        case .cancel(let attempt):
            // One that a heartbeat named and an acceptance crossed is nothing.
            if held.contains(attempt) { floor.note { $0.cancelled += 1 } }
            forget(attempt, now)
        case .drain: break
        }
    }

    func welcomed(_ welcome: Welcome, _ now: Double) throws {
        if !isWelcome { floor.welcomed += 1 }
        isWelcome = true
        heartbeatInterval = welcome.heartbeatInterval
        nextHeartbeat = now + heartbeatInterval * Double.random(in: 0...1)
        for delivery in deliveries.values where delivery.told != nil { try say(.result(delivery.result)) }
    }

    func take(_ task: SegmentTask, _ now: Double) {
        if !emptied.isEmpty {
            let since = emptied.removeFirst()
            floor.note { $0.lease.append((now - since) * 1000) }
        }
        waiting.append(task)
        if waiting.count == 1 { begin(now) }
    }

    /// Begins with the current lease.
    func begin(_ now: Double) {
        guard !waiting.isEmpty else {
            through = .infinity
            return
        }
        let isFirst = phase != floor.phase
        phase = floor.phase
        through = now + floor.work * Double.random(in: isFirst ? 0...1 : 0.8...1.2)
    }

    func accepted(_ attempt: AttemptID, _ now: Double) {
        guard let told = deliveries.removeValue(forKey: attempt)?.told else { return }
        floor.accepted += 1
        floor.note {
            $0.cycles += 1
            $0.commit.append((now - told) * 1000)
        }
    }

    func forget(_ attempt: AttemptID, _ now: Double) {
        deliveries[attempt] = nil
        guard let place = waiting.firstIndex(where: { $0.attempt == attempt }) else { return }
        waiting.remove(at: place)
        if place == 0 { begin(now) }
    }
}
