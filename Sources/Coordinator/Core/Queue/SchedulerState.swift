internal import FarmModel
internal import FarmProtocol

/// A slot of a connected worker.
struct SlotRef: Hashable, Sendable {
    var worker: WorkerID
    var slot: Int
}

struct WorkerState: Sendable {
    var hello: WorkerHello
    var lastHeard: Double
    var isDraining = false
    var slots: [SlotState]

    var name: String { hello.worker.name }

    init(hello: WorkerHello, now: Double) {
        self.hello = hello
        lastHeard = now
        slots = hello.slots.map { _ in SlotState() }
    }

    mutating func shift(by seconds: Double) {
        lastHeard += seconds
        for slot in slots.indices {
            slots[slot].calibration?.started += seconds
            for lease in slots[slot].leases.indices { slots[slot].leases[lease].expires += seconds }
        }
    }
}

struct SlotState: Sendable {
    struct Lease: Sendable {
        var attempt: AttemptID
        var expires: Double
        /// Frames encoded so far, as the worker says.
        var frames = 0
    }

    struct Calibration: Sendable {
        var job: JobID
        var started: Double
    }

    /// The current one first, then the next.
    var leases: [Lease] = []
    var calibration: Calibration?
}

struct JobRun: Sendable {
    enum Phase: Hashable, Sendable {
        case waiting(notBefore: Double)
        case leased(SlotRef)
        case accepted
    }

    var plan: JobPlan
    /// One for each segment.
    var phases: [Phase]
    /// Indices of the segments in `waiting`, in film order.
    var waiting: [Int]
    var acceptedCount: Int
    var calibration = CalibrationRun()

    init(plan: JobPlan) {
        self.plan = plan
        phases = plan.segments.map { $0.result == nil ? .waiting(notBefore: 0) : .accepted }
        waiting = plan.segments.indices.filter { plan.segments[$0].result == nil }
        acceptedCount = plan.segments.count - waiting.count
    }

    mutating func wait(_ index: Int, until notBefore: Double) {
        phases[index] = .waiting(notBefore: notBefore)
        waiting.insert(index, at: waiting.firstIndex { $0 > index } ?? waiting.endIndex)
    }

    mutating func leave(_ index: Int, for phase: Phase) {
        phases[index] = phase
        waiting.removeAll { $0 == index }
    }

    func isReady(_ index: Int, at now: Double) -> Bool {
        if case .waiting(let notBefore) = phases[index] { notBefore <= now } else { false }
    }
}

/// The search for a job's execution shape.
struct CalibrationRun: Sendable {
    var holder: SlotRef?
    var notBefore = 0.0
    var failures: [String] = []
    var losses: [String] = []
    /// Slots where it came to nothing.
    var marks: [SlotMark] = []
}

/// A slot that something came to nothing on: by name, so that it outlives the connection.
struct SlotMark: Hashable, Sendable {
    var worker: String
    var slot: Int
}

extension SegmentPlan {
    /// The attempts that count: those since the job was last taken up after failing.
    var counted: [AttemptRecord] { attempts.filter { !$0.isForgiven } }

    /// Slots that had the segment and did not bring it home.
    var marks: [SlotMark] {
        guard !attempts.isEmpty else { return [] }
        return counted.compactMap { record in
            switch record.outcome {
            case .failed, .refused, .incomplete, .lost(_, begun: true):
                SlotMark(worker: record.worker, slot: record.slot)
            case .accepted, .lost, .withdrawn, nil: nil
            }
        }
    }
}
