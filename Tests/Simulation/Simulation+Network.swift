import FarmModel
import FarmProtocol
import Foundation
import Scheduling

/// Messages go through the real codec, take their time, get lost, come twice, overtake each other.
extension Simulation {
    func send(_ message: CoordinatorMessage, to id: WorkerID) {
        guard let index = connections[id], let data = encoded({ try message.encoded() }) else { return }
        travel(id, of: index) { simulation in
            guard simulation.workers[index].connection == id else { return }
            simulation.receive(try CoordinatorMessage(decoding: data), index)
        }
    }

    func send(_ message: WorkerMessage, from index: Int) {
        guard let id = workers[index].connection, let data = encoded({ try message.encoded() }) else { return }
        let current = life
        // What was sent arrives even after the connection broke, as long as the coordinator lives.
        travel(id, of: index) { try $0.receive(try WorkerMessage(decoding: data), id, in: current) }
    }

    /// Every message can be written: one that cannot is a fault of the codec.
    private func encoded(_ body: () throws -> Data) -> Data? {
        do { return try body() } catch {
            trouble = trouble ?? Violation("a message cannot be written: \(error)")
            return nil
        }
    }

    private func travel(_ id: WorkerID, of index: Int, _ arrive: @escaping Happening) {
        let copies = !isCalm && generator.chance(settings.duplication) ? 2 : 1
        if copies == 2 { count(.duplicated) }
        for _ in 0..<copies {
            if !isCalm && (generator.chance(settings.loss) || workers[index].partitionedUntil > now) {
                count(.lost)
                continue
            }
            let isLate = !isCalm && generator.chance(settings.delay)
            let delay = isLate ? generator.between(0, 5) : generator.between(0.001, 0.05)
            if now + delay < lastArrival[id] ?? 0 { count(.overtaken) }
            lastArrival[id] = max(now + delay, lastArrival[id] ?? 0)
            after(delay, arrive)
        }
    }

    /// The coordinator takes a worker's message in; a result's bytes are fetched and checked first.
    private func receive(_ message: WorkerMessage, _ id: WorkerID, in current: Int) throws {
        switch message {
        case .hello(let hello): try submit(.workerConnected(id, hello), in: current)
        case .heartbeat(let heartbeat): try submit(.heartbeat(id, heartbeat), in: current)
        case .calibrated(let calibration): try submit(.calibrated(id, calibration), in: current)
        case .failure(let failure): try submit(.failed(id, failure), in: current)
        case .draining: try submit(.drain(id), in: current)
        case .goodbye: try submit(.goodbye(id), in: current)
        case .result(let result): fetch(result, id, in: current)
        }
    }

    private func fetch(_ result: SegmentResult, _ id: WorkerID, in current: Int) {
        let attempt = result.attempt
        let index = connections[id]
        let isBad =
            generator.chance(settings.badDelivery) && (index.map { isMishap(attempt.segment, at: $0) } ?? false)
        if isBad { count(.badDelivery) }
        after(isCalm ? 0.05 : generator.between(0.01, 1)) { simulation in
            guard current == simulation.life else { return }
            if isBad {
                return try simulation.submit(
                    .deliveryRefused(id, attempt, reason: "its hash is wrong"), in: current)
            }
            let isThere = simulation.spool.contains(attempt)
            if simulation.disk.isFull, !isThere {
                simulation.count(.deliveryHeld)
                return try simulation.submit(.deliveryHeld(id, attempt, reason: "no space"), in: current)
            }
            simulation.spool.insert(attempt)
            try simulation.submit(.delivered(id, result), in: current)
        }
    }
}
