import FarmModel
import FarmProtocol
import Scheduling

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
        var began = 0.0
        var ends = 0.0
        var frames = 0
    }

    /// What is wrong with it, for good.
    enum Flaw {
        /// Its engine dies of every segment; or of calibrations too.
        case engine, calibrationToo
        /// It is heard, and no bytes come through: nothing that it is given ever moves.
        case bulk
    }

    let name: String
    /// Seconds for a segment, about.
    let pace: Double
    let flaw: Flaw?
    let descriptions: [SlotDescription]
    /// How many times slower it has become.
    var slowness = 1.0
    var epoch: Int64 = 0
    var isAlive = false
    /// It was told to end, and finishes what it holds.
    var isLeaving = false
    var connection: WorkerID?
    var isWelcome = false
    var beats = 0
    var partitionedUntil = 0.0
    /// When the coordinator last knew this connection, or had a reason not to.
    var lastKnown = 0.0
    /// A fault was put in its way since it last had a segment accepted.
    var hadMishap = false
    var slots: [[Held]]

    init(name: String, pace: Double, flaw: Flaw?, descriptions: [SlotDescription]) {
        self.name = name
        self.pace = pace
        self.flaw = flaw
        self.descriptions = descriptions
        slots = Array(repeating: [], count: descriptions.count)
    }

    var isBad: Bool { flaw != nil }
    var isHealthy: Bool { !isBad && slowness == 1 }
    var held: [AttemptID] { slots.joined().map(\.attempt) }

    var hello: WorkerHello {
        WorkerHello(worker: WorkerIdentity(name: name, epoch: epoch, processID: 1), slots: descriptions, held: held)
    }

    func heartbeat(at now: Double) -> Heartbeat {
        Heartbeat(attempts: slots.joined().map { .init(attempt: $0.attempt, frames: $0.progress(at: now)) })
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

    /// From now on everything takes so many times as long.
    mutating func slow(_ factor: Double, at now: Double) {
        slowness *= factor
        for slot in slots.indices {
            for place in slots[slot].indices
            where slots[slot][place].stage == .running && slots[slot][place].ends < .infinity {
                slots[slot][place].ends = now + (slots[slot][place].ends - now) * factor
            }
        }
    }

    /// The process is gone, and all it held.
    mutating func die() {
        isAlive = false
        isLeaving = false
        connection = nil
        isWelcome = false
        for slot in slots.indices { slots[slot] = [] }
    }
}

extension SimulatedWorker.Held {
    func progress(at now: Double) -> Int {
        switch stage {
        case .queued: 0
        case .delivering: SimulatedFilm.framesPerSegment
        case .running: Int(Double(SimulatedFilm.framesPerSegment) * min(1, (now - began) / max(ends - began, 1e-9)))
        }
    }
}
