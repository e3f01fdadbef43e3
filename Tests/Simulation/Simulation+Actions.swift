import FarmModel
import FarmProtocol
import Scheduling

/// What the scheduler wants done, each checked against what is durable and what people were told.
extension Simulation {
    func perform(_ action: SchedulerAction) throws {
        trace.combine(action)
        switch action {
        case .persist, .strike, .jobFailed: break
        case .attemptEnded(_, let outcome): note(outcome)
        case .discard(let attempt):
            try require(
                result(of: attempt.segment)?.attempt != attempt, "the accepted bytes of \(attempt) are thrown away")
            spool.remove(attempt)
        case .jobReady(let job): try join(job)
        case .accept(let worker, let attempt):
            try require(result(of: attempt.segment)?.attempt == attempt, "\(attempt) is acknowledged and not durable")
            try require(
                spool.contains(attempt) || damaged.contains(attempt),
                "\(attempt) is acknowledged and its bytes are gone")
            acknowledged.insert(attempt)
            send(.accepted(attempt), to: worker)
        case .lease(let worker, let slot, let attempt, let extra):
            try checkStored(lease: attempt)
            try require(
                !paused.contains(attempt.segment.job), "\(attempt) is leased though its job's pause was acknowledged")
            send(.lease(lease(attempt, slot: slot, extraRunUp: extra)), to: worker)
        case .adopt(let worker, _, let attempt, _):
            count(.adopted)
            try checkStored(lease: attempt)
            let holder = connections[worker].map { workers[$0].name }
            try require(
                holder == nil || holder == record(of: attempt)?.worker, "\(attempt) is adopted by \(holder ?? "")")
        default: answer(action)
        }
    }

    private func answer(_ action: SchedulerAction) {
        switch action {
        case .welcome(let worker): send(.welcome(Welcome(heartbeatInterval: settings.heartbeat)), to: worker)
        case .reject(let worker, let reason): send(.reject(reason: reason), to: worker)
        case .stranger(let worker): send(.stranger, to: worker)
        case .calibrate(let worker, let slot, let job):
            let request = CalibrationRequest(
                job: job, slot: slot, recipe: Self.recipe, tile: nil, batch: nil, precision: .auto)
            send(.calibrate(request), to: worker)
        case .refuse(let worker, let attempt, let reason):
            count(.refused)
            send(.refused(attempt, reason: reason), to: worker)
        case .cancel(let worker, let attempt): send(.cancel(attempt), to: worker)
        case .drain(let worker): send(.drain, to: worker)
        default: break
        }
    }

    private func checkStored(lease attempt: AttemptID) throws {
        let record = record(of: attempt)
        try require(record != nil, "\(attempt) is leased and not durable")
        try require(record?.outcome == nil || ending.contains(attempt), "\(attempt) is leased and has ended")
    }

    private func record(of attempt: AttemptID) -> AttemptRecord? {
        store.segment(attempt.segment)?.attempts.first { $0.number == attempt.number }
    }

    private func join(_ job: JobID) throws {
        guard let plan = store.plans[job], plan.segments.allSatisfy({ $0.result != nil }) else {
            throw Violation("\(job) is to be joined and not whole")
        }
        let attempts = plan.segments.compactMap { $0.result?.attempt }
        let current = life
        after(generator.between(1, 8)) { simulation in
            if simulation.disk.isFull || (!simulation.isCalm && simulation.generator.chance(0.1)) {
                simulation.count(.joinHeld)
                return try simulation.submit(.concatHeld(job, reason: "no space for the film"), in: current)
            }
            let gone = attempts.filter { !simulation.spool.contains($0) }
            for attempt in gone {
                try simulation.submit(.resultMissing(attempt, reason: "its file is gone"), in: current)
            }
            if gone.isEmpty { try simulation.submit(.concatenated(job), in: current) }
        }
    }

    private func note(_ outcome: AttemptOutcome) {
        switch outcome {
        case .lost: count(.lapsed)
        case .withdrawn(reason: "another slot was idle"): count(.takenOver)
        case .withdrawn(reason: "another attempt was accepted"): count(.speculated)
        case .withdrawn(reason: "its worker was set aside"): count(.setAside)
        default: break
        }
    }

    func result(of segment: SegmentID) -> SegmentResult? { store.segment(segment)?.result }

    func require(_ condition: Bool, _ broken: @autoclosure () -> String) throws {
        if !condition { throw Violation(broken()) }
    }
}
