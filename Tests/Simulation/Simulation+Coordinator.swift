import FarmModel
import FarmProtocol
import Scheduling

/// An event on its way to the scheduler, and what is to happen once it is durable and acted on.
struct Incoming {
    var event: SchedulerEvent
    var done: Simulation.Happening?
}

/// The shell around the scheduler: what came in meanwhile is taken together; durable first, then the answers. It dies
/// before or after a commit now and then.
extension Simulation {
    func startCoordinator() {
        life += 1
        lifeBegan = now
        inbox = []
        isCommitting = false
        var configuration = SchedulerConfiguration()
        // The simulated network loses what a real connection would bring, and nobody says it again.
        (configuration.calibrationLimit, configuration.calibrationSilence) = (120, 60)
        configuration.stillness = 150  // no frame of a healthy worker takes half as long
        scheduler = Scheduler(configuration: configuration)
        scheduler?.sabotage = settings.planted?.sabotage ?? []
        store.loaded = []
        for name in store.workers.keys.sorted() {
            if let record = store.workers[name] { inbox.append(Incoming(event: .workerKnown(record))) }
        }
        let current = life
        for id in store.order { after(generator.between(0, 2)) { try $0.load(id, in: current) } }
        after(1) { try $0.tick(in: current) }
    }

    /// Takes up a job from the store, after a look at its spool.
    private func load(_ id: JobID, in current: Int) throws {
        guard current == life, let plan = store.plans[id], !plan.state.isEnded else { return }
        for attempt in plan.segments.compactMap({ $0.result?.attempt }) where !spool.contains(attempt) {
            count(.spoolLost)
            try submit(.resultMissing(attempt, reason: "its file is gone"), in: current)
        }
        try submit(.jobAdded(plan), in: current) { $0.store.loaded.insert(id) }
    }

    private func tick(in current: Int) throws {
        guard current == life, scheduler != nil else { return }
        if !inbox.contains(where: { $0.event == .tick }) { try submit(.tick, in: current) }
        if Int(now).isMultiple(of: 5) { try checkKnown() }
        after(1) { try $0.tick(in: current) }
    }

    func submit(_ event: SchedulerEvent, in current: Int, done: Happening? = nil) throws {
        guard current == life, scheduler != nil else { return }
        inbox.append(Incoming(event: event, done: done))
        if !isCommitting { try pump() }
    }

    /// All that waits goes through the scheduler at once, and is committed at once.
    private func pump() throws {
        guard !inbox.isEmpty, var scheduler else { return }
        let batch = inbox
        inbox = []
        self.scheduler = nil  // so that the scheduler changes in place
        let actions = scheduler.handle(batch.map(\.event), at: now)
        self.scheduler = scheduler
        steps += batch.count
        ending = actions.reduce(into: []) { if case .attemptEnded(let attempt, _) = $1 { $0.insert(attempt) } }
        // Now and then it dies amid what a batch leads to.
        let death = mayCrash ? generator.index(below: actions.count + 1) : Int.max
        try carryOut(actions[...], of: batch, diesBefore: death)
    }

    /// Acts on what was decided, in its order: what comes behind a commit waits for it.
    private func carryOut(_ actions: ArraySlice<SchedulerAction>, of batch: [Incoming], diesBefore death: Int) throws {
        for place in actions.indices {
            if place >= death { return crashCoordinator(.crashAmidActions) }
            guard case .persist(let changes) = actions[place] else {
                try perform(actions[place])
                continue
            }
            isCommitting = true
            return commit(changes) { try $0.carryOut(actions[(place + 1)...], of: batch, diesBefore: death) }
        }
        for incoming in batch { try incoming.done?(self) }
        try checkJobs()
    }

    private func commit(_ changes: [QueueChange], then: @escaping Happening) {
        let current = life
        after(disk.commitTime(using: &generator)) { simulation in
            guard current == simulation.life else { return }
            // Where there is no space nothing is acted on: the same commit is tried until there is.
            if simulation.disk.isFull {
                if simulation.mayCrash { return simulation.crashCoordinator(.crashWhileFull) }
                return simulation.commit(changes, then: then)
            }
            if simulation.mayCrash { return simulation.crashCoordinator(.crashBeforeCommit) }
            try simulation.checkFair(changes)
            try simulation.store.commit(changes)
            if simulation.mayCrash { return simulation.crashCoordinator(.crashAfterCommit) }
            try simulation.checkStored(changes)
            simulation.isCommitting = false
            try then(simulation)
            try simulation.pump()
        }
    }

    private var mayCrash: Bool { !isCalm && generator.chance(settings.coordinatorCrash) }

    func crashCoordinator(_ fault: SimulatedFault) {
        count(fault)
        life += 1
        scheduler = nil
        inbox = []
        isCommitting = false
        connections = [:]
        for index in workers.indices where workers[index].connection != nil {
            let old = workers[index].connection
            after(generator.between(0, 6)) { simulation in
                guard simulation.workers[index].connection == old else { return }
                simulation.connect(index)
            }
        }
        after(generator.between(1, 5)) { $0.startCoordinator() }
    }
}
