package import FarmModel
import FarmProtocol
package import Scheduling

/// A farm in one thread with a clock of its own: the real scheduler, the real message codec, a store that keeps only what
/// was committed, workers, a network, a disk and an operator that misbehave by a seed. The same seed gives the same run.
///
/// First a storm, in which things go wrong while some jobs are worked on; then everything is mended, those jobs have to
/// end, and a last job shows how evenly it is shared out.
package final class Simulation {
    typealias Happening = (Simulation) throws -> Void

    package let seed: UInt64
    package let settings: SimulationSettings
    var generator: SeededGenerator
    package var now = 0.0
    var agenda = Agenda<Happening>()
    package var faults: [SimulatedFault: Int] = [:]

    package var films: [JobID: SimulatedFilm] = [:]
    package var store = ModelStore()
    /// Bytes that lie in the spool.
    var spool: Set<AttemptID> = []
    /// Bytes that the disk lost.
    var damaged: Set<AttemptID> = []
    /// Attempts whose worker was told that they are accepted.
    var acknowledged: Set<AttemptID> = []
    /// Jobs whose pause was acknowledged to the operator, who has not asked for more since.
    var paused: Set<JobID> = []
    /// Jobs that the operator wants paused.
    var wished: Set<JobID> = []
    /// Segments in whose way a fault was put, and how often a worker was taken from one.
    var failed: Set<SegmentID> = []
    var lost: [SegmentID: Int] = [:]

    /// nil while the coordinator is down.
    var scheduler: Scheduler?
    /// Counts the coordinator's starts: what was under way in an earlier life never arrives.
    var life = 0
    var lifeBegan = 0.0
    var inbox: [Incoming] = []
    var isCommitting = false
    /// Attempts that end with the batch that is acted on.
    var ending: Set<AttemptID> = []
    var disk = SimulatedDisk()
    package var steps = 0
    /// Of all actions, in order: equal for equal runs.
    package var trace = Hasher()

    var workers: [SimulatedWorker] = []
    var connections: [WorkerID: Int] = [:]
    var connectionCount = 0
    var lastArrival: [WorkerID: Double] = [:]
    var reasonsChecked = 0.0
    var diskTroubled = 0.0
    /// Nothing goes wrong any more.
    var isCalm = false
    /// What was found where nothing can be thrown.
    var trouble: Violation?
    var tail = TailWatch()
    /// Of the job that shows how work is shared out.
    package var lastPlan: JobPlan?

    package init(seed: UInt64, settings: SimulationSettings, keepsLog: Bool = false) {
        self.seed = seed
        self.settings = settings
        generator = SeededGenerator(seed: seed)
        store.keepsLog = keepsLog
        makeWorkers()
        makeFilms()
    }

    /// Runs until every job has ended, and checks how.
    /// - Throws: `Violation`
    package func run() throws {
        startCoordinator()
        for index in workers.indices {
            after(index == 0 ? 0 : generator.between(0, 20)) { $0.startForTheFirstTime(index) }
        }
        scheduleFaults()
        after(settings.storm) { try $0.mend() }
        try play(until: settings.storm + limit) { $0.isCalm && $0.hasEnded }
        try checkEnd()
        try runLastJob()
    }

    /// What was cancelled is taken up again once all is mended.
    var hasEnded: Bool { store.plans.values.allSatisfy { $0.state.isEnded && $0.state != .cancelled } }

    /// A bad worker that was the only one ever seen would rightly fail a job.
    private func startForTheFirstTime(_ index: Int) {
        guard workers[index].isBad, scheduler?.knows(worker: workers[0].name) != true else { return startWorker(index) }
        after(1) { $0.startForTheFirstTime(index) }
    }

    func play(until limit: Double, _ isOver: (Simulation) -> Bool) throws {
        while !isOver(self) {
            guard let (time, happening) = agenda.next() else { throw Violation("nothing is left to happen") }
            guard time < limit else { throw Violation("not finished after \(limit) s: \(standing)") }
            now = time
            try happening(self)
            if let trouble { throw trouble }
        }
    }

    /// What the healthy slots that can do everything need for all segments when nothing goes wrong, six times over, and
    /// time for the tail.
    private var limit: Double {
        let able = workers.filter { $0.isHealthy && $0.descriptions.allSatisfy(Self.isAble) }
        let rate = able.reduce(0) { $0 + Double($1.slots.count) / $1.pace }
        // A cursed segment waits up to a minute for each slot that it has not failed on, a dozen times.
        return 6 * Double(films.count * settings.segments) / rate + (settings.cursedSegments > 0 ? 2400 : 900)
            + (settings.badWorkers > 0 ? 3600 : 0)
    }

    func after(_ seconds: Double, _ happening: @escaping Happening) { agenda.add(happening, at: now + seconds) }

    func count(_ fault: SimulatedFault) { faults[fault, default: 0] += 1 }

    var standing: String {
        store.order.map { id in
            let plan = store.plans[id]
            let accepted = plan?.segments.count { $0.result != nil } ?? 0
            let waits = scheduler?.snapshot(of: id)?.waits.map(\.text) ?? []
            return "\(id) \(plan?.state.rawValue ?? ""), \(accepted) of \(plan?.segments.count ?? 0), \(waits)"
        }.joined(separator: "; ")
    }
}
