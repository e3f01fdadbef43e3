import CoordinatorCore
import FarmModel
import FarmProtocol

/// A worker's process: what it holds, and the connection it holds it over.
struct SimulatedWorker {
    struct Held {
        enum Stage: Equatable {
            case queued, running
            /// The result is sent until it is answered.
            case delivering
        }

        var attempt: AttemptID
        var extraRunUp: Int
        var stage = Stage.queued
    }

    let name: String
    /// Seconds for a segment, about.
    let pace: Double
    var epoch: Int64 = 0
    var isAlive = false
    var connection: WorkerID?
    var isWelcome = false
    var partitionedUntil = 0.0
    /// When the coordinator last knew this connection, or had a reason not to.
    var lastKnown = 0.0
    var slots: [[Held]]
    var calibrating: [JobID?]

    init(name: String, slots count: Int, pace: Double) {
        self.name = name
        self.pace = pace
        slots = Array(repeating: [], count: count)
        calibrating = Array(repeating: nil, count: count)
    }

    var hello: WorkerHello {
        let slot = SlotDescription(device: "cpu", deviceModel: "", libtorch: "", memory: 0, encoders: [])
        return WorkerHello(
            worker: WorkerIdentity(name: name, epoch: epoch, processID: 1),
            slots: Array(repeating: slot, count: slots.count))
    }

    var heartbeat: Heartbeat {
        Heartbeat(
            attempts: slots.joined().map { .init(attempt: $0.attempt, frames: $0.stage == .delivering ? 24 : 0) })
    }

    func holds(_ attempt: AttemptID) -> (slot: Int, place: Int)? {
        for slot in slots.indices {
            if let place = slots[slot].firstIndex(where: { $0.attempt == attempt }) { return (slot, place) }
        }
        return nil
    }

    mutating func forget(_ attempt: AttemptID) {
        for slot in slots.indices { slots[slot].removeAll { $0.attempt == attempt } }
    }

    /// The process is gone, and all it held.
    mutating func die() {
        isAlive = false
        connection = nil
        isWelcome = false
        for slot in slots.indices {
            slots[slot] = []
            calibrating[slot] = nil
        }
    }
}
