import CoordinatorCore
import FarmModel
import FarmProtocol

struct SimulationSettings {
    var workers = 40
    var segments = 150
    /// Probabilities for each message.
    var loss = 0.02
    var duplication = 0.02
    /// For each attempt and delivery.
    var engineCrash = 0.01
    var badDelivery = 0.01
    /// For each commit, before it and after it.
    var coordinatorCrash = 0.002
    /// Seconds from one to the next, over all workers.
    var workerCrashEvery = 5.0
    var partitionEvery = 8.0
    var flapEvery = 4.0
}

/// A farm in one thread with a clock of its own: the real scheduler, a store that keeps only what was committed, workers
/// and a network that misbehave by a seed. The same seed gives the same run.
final class Simulation {
    enum Fault: String, CaseIterable {
        case lost, duplicated, overtaken, engineCrash, badDelivery, workerCrash, partition, crashBeforeCommit
        case crashAfterCommit, refused, lapsed, lostForGood, flap
    }

    typealias Happening = (Simulation) throws -> Void

    let settings: SimulationSettings
    var generator: SeededGenerator
    var now = 0.0
    var agenda = Agenda<Happening>()
    var faults: [Fault: Int] = [:]

    var films: [JobID: SimulatedFilm] = [:]
    var store = ModelStore()
    /// nil while the coordinator is down.
    var scheduler: Scheduler?
    /// Counts the coordinator's starts: what was under way in an earlier life never arrives.
    var life = 0
    var lifeBegan = 0.0
    var steps = 0
    /// Of all actions, in order: equal for equal runs.
    var trace = Hasher()

    var workers: [SimulatedWorker] = []
    var connections: [WorkerID: Int] = [:]
    var connectionCount = 0
    var lastArrival: [WorkerID: Double] = [:]

    init(seed: UInt64, settings: SimulationSettings = SimulationSettings()) {
        self.settings = settings
        generator = SeededGenerator(seed: seed)
        for (name, isCursed) in [("first", false), ("cursed", true), ("third", false)] {
            let film = SimulatedFilm(
                id: JobID(name), segments: settings.segments, isCursed: isCursed, using: &generator)
            films[film.id] = film
            store.insert(film.plan)
        }
        for index in 0..<settings.workers {
            let slots = Int.random(in: 1...2, using: &generator)
            workers.append(SimulatedWorker(name: "w\(index)", slots: slots, pace: generator.between(4, 40)))
        }
    }

    /// Runs until every job has ended, and checks how.
    /// - Throws: `Violation`
    func run() throws {
        startCoordinator()
        for index in workers.indices { after(generator.between(0, 20)) { $0.startWorker(index) } }
        scheduleWorkerCrash()
        schedulePartition()
        scheduleFlap()
        // What the slots need for all segments when nothing goes wrong, six times over, and time for the tail.
        let rate = workers.reduce(0) { $0 + Double($1.slots.count) / $1.pace }
        let limit = 6 * Double(films.count * settings.segments) / rate + 900
        while !store.plans.values.allSatisfy(\.state.isEnded) {
            guard let (time, happening) = agenda.next() else { throw Violation("nothing is left to happen") }
            guard time < limit else { throw Violation("not finished after \(limit) s: \(standing)") }
            now = time
            try happening(self)
        }
        try checkEnd()
    }

    func after(_ seconds: Double, _ happening: @escaping Happening) { agenda.add(happening, at: now + seconds) }

    func count(_ fault: Fault) { faults[fault, default: 0] += 1 }

    private var standing: String {
        store.order.map { id in
            let plan = store.plans[id]
            let accepted = plan?.segments.count { $0.result != nil } ?? 0
            return "\(id) \(plan?.state.rawValue ?? ""), \(accepted) accepted"
        }.joined(separator: "; ")
    }

    private func checkEnd() throws {
        for (id, film) in films {
            guard let plan = store.plans[id] else { throw Violation("\(id) is lost") }
            if let cursed = film.cursed {
                let failures = plan.segments[cursed].attempts.count { $0.outcome?.isFailure == true }
                guard plan.state == .failed, failures == 3, plan.reasons.count >= 4 else {
                    throw Violation("\(id) should have failed by its cursed segment: \(plan.state), \(plan.reasons)")
                }
            } else {
                guard plan.state == .done else { throw Violation("\(id) is \(plan.state): \(plan.reasons)") }
                guard Set(plan.struck) == film.gone, plan.struck.count == film.gone.count else {
                    throw Violation("\(id): struck are \(plan.struck), not there are \(film.gone.sorted())")
                }
            }
        }
    }
}
