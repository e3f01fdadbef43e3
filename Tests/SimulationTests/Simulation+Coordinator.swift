import CoordinatorCore
import FarmModel
import FarmProtocol

/// The shell around the scheduler: durable first, then the answers. It dies before or after a commit now and then.
extension Simulation {
    func startCoordinator() {
        life += 1
        lifeBegan = now
        scheduler = Scheduler()
        let current = life
        for id in store.order {
            guard let plan = store.plans[id], !plan.state.isEnded else { continue }
            after(0) { try $0.step(.jobAdded(plan), in: current) }
        }
        after(1) { try $0.tick(in: current) }
    }

    private func tick(in current: Int) throws {
        guard current == life, scheduler != nil else { return }
        try step(.tick, in: current)
        if Int(now).isMultiple(of: 3) { try checkWhole() }
        after(1) { try $0.tick(in: current) }
    }

    /// One event through the scheduler, and all that follows from it.
    func step(_ event: SchedulerEvent, in current: Int) throws {
        guard current == life, var scheduler else { return }
        self.scheduler = nil  // so that the scheduler changes in place
        let actions = scheduler.handle(event, at: now)
        self.scheduler = scheduler
        steps += 1
        if case .persist(let changes) = actions.first {
            if generator.chance(settings.coordinatorCrash) { return crashCoordinator(.crashBeforeCommit) }
            try store.commit(changes)
            if generator.chance(settings.coordinatorCrash) { return crashCoordinator(.crashAfterCommit) }
            try checkStored(changes)
        }
        for action in actions { try perform(action, in: current) }
    }

    private func crashCoordinator(_ fault: Fault) {
        count(fault)
        life += 1
        scheduler = nil
        connections = [:]
        for index in workers.indices where workers[index].connection != nil {
            let old = workers[index].connection
            after(generator.between(0, 3)) { simulation in
                guard simulation.workers[index].connection == old else { return }
                simulation.connect(index)
            }
        }
        after(generator.between(1, 5)) { $0.startCoordinator() }
    }

    private func perform(_ action: SchedulerAction, in current: Int) throws {
        trace.combine(action)
        switch action {
        case .persist, .strike, .jobFailed, .adopt: break
        case .attemptEnded(_, let outcome): if case .lost = outcome { count(.lapsed) }
        case .discard(let attempt):
            if store.segment(attempt.segment)?.result?.attempt == attempt {
                throw Violation("the accepted bytes of \(attempt) are thrown away")
            }
        case .jobReady(let job):
            guard store.plans[job]?.segments.allSatisfy({ $0.result != nil }) == true else {
                throw Violation("\(job) is to be joined and not whole")
            }
            after(2) { try $0.step(.concatenated(job), in: current) }
        case .accept(let worker, let attempt):
            guard store.segment(attempt.segment)?.result?.attempt == attempt else {
                throw Violation("\(attempt) is acknowledged and not durable")
            }
            send(action, to: worker)
        case .lease(let worker, _, let attempt, _):
            guard store.segment(attempt.segment)?.attempts.last?.number == attempt.number else {
                throw Violation("\(attempt) is leased and not durable")
            }
            send(action, to: worker)
        case .refuse(let worker, _, _):
            count(.refused)
            send(action, to: worker)
        case .welcome(let worker), .reject(let worker, _), .stranger(let worker), .calibrate(let worker, _, _),
            .cancel(let worker, _),
            .drain(let worker):
            send(action, to: worker)
        }
    }

    /// After a commit, store and scheduler say the same of the segments it touched.
    private func checkStored(_ changes: [QueueChange]) throws {
        for change in changes {
            let segment: SegmentID? =
                switch change {
                case .leased(let attempt, _, _, _), .ended(let attempt, _): attempt.segment
                case .runUp(let segment, _, _): segment
                case .accepted(let result): result.attempt.segment
                default: nil
                }
            guard let segment else { continue }
            guard scheduler?.plan(of: segment.job)?.segments[segment.index] == store.segment(segment) else {
                throw Violation("\(segment) is not stored as the scheduler has it, after \(change)")
            }
        }
    }

    /// Now and then: all jobs as stored, no slot with more than its leases, no segment leased twice.
    private func checkWhole() throws {
        guard let scheduler else { return }
        try checkKnown(scheduler)
        for (id, plan) in store.plans where !plan.state.isEnded && scheduler.plan(of: id) != plan {
            throw Violation("\(id) is not stored as the scheduler has it")
        }
        var leased: Set<SegmentID> = []
        for worker in scheduler.workerSnapshots() {
            for slot in worker.slots {
                if slot.leases.count > 2 {
                    throw Violation("\(worker.name) holds \(slot.leases.count) leases in a slot")
                }
                if slot.calibrates != nil, !slot.leases.isEmpty {
                    throw Violation("\(worker.name) calibrates and works")
                }
                for lease in slot.leases {
                    guard leased.insert(lease.attempt.segment).inserted else {
                        throw Violation("\(lease.attempt.segment) is leased twice")
                    }
                    guard store.segment(lease.attempt.segment)?.attempts.last?.outcome == nil else {
                        throw Violation("\(lease.attempt) is held and has ended")
                    }
                }
            }
        }
    }

    /// A worker that lives and can be reached does not stay a stranger.
    private func checkKnown(_ scheduler: Scheduler) throws {
        let known = Set(scheduler.workerSnapshots().filter(\.isConnected).map(\.name))
        for index in workers.indices where workers[index].isAlive && workers[index].partitionedUntil < now - 1 {
            if known.contains(workers[index].name) { workers[index].lastKnown = now }
            let since = max(workers[index].lastKnown, workers[index].partitionedUntil, lifeBegan)
            if now - since > 90 { throw Violation("\(workers[index].name) lives, unknown since \(since) s") }
        }
    }
}
