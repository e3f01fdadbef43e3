public import FarmModel
import FarmProtocol
import Foundation

/// What is told of jobs and workers.
extension Dispatcher {
    /// Where a job stands; nil for one that is not at hand.
    public func status(of job: JobID) -> JobStatus? {
        guard let active = jobs[job], var snapshot = scheduler.snapshot(of: job) else {
            return nil
        }
        if snapshot.state.isEnded { snapshot.state = active.durableState }
        let stages = scheduler.plan(of: job)?.segments.compactMap { $0.result?.stages } ?? []
        return JobStatus(
            snapshot: snapshot, joining: active.joining, held: active.held, warnings: active.warnings,
            deviceBusy: Self.busyShare(stages))
    }

    /// All jobs at hand.
    func statuses() -> [(record: JobRecord, status: JobStatus)] {
        jobs.values.compactMap { job in status(of: job.record.id).map { (job.record, $0) } }
    }

    func workers() -> [WorkerSnapshot] { scheduler.workerSnapshots() }

    /// Slots of workers that are connected; at least one.
    var slotCount: Int { max(1, workers().filter(\.isConnected).reduce(0) { $0 + $1.slots.count }) }

    /// The inference stage's work as a share of its work and its waiting.
    static func busyShare(_ stages: [StageTimes]) -> Double {
        let busy = stages.reduce(0) { $0 + $1.inference.busy }
        let waiting = stages.reduce(0) { $0 + $1.inference.starved + $1.inference.blocked }
        return busy + waiting > 0 ? busy / (busy + waiting) : 0
    }

    /// Does what an operator wants of a worker.
    /// - Returns: a line that says what is done.
    func manage(_ name: String, _ action: WorkerAction) async throws -> String {
        guard let worker = workers().first(where: { $0.name == name }) else {
            throw CoordinatorError(.usage, "there is no worker \(name): `coordinator workers` lists them")
        }
        switch action {
        case .drain:
            try await carryOut(.drainWorker(name))
            return "\(name): takes no more" + (worker.isConnected ? ", and finishes what it holds" : "")
        case .undrain:
            try await carryOut(.undrainWorker(name))
            return "\(name): takes work again" + (worker.asideReason == nil ? "" : ", once it is reinstated")
        case .reinstate:
            try await carryOut(.reinstateWorker(name))
            return "\(name): trusted again"
        }
    }
}

/// A job at a glance.
public struct JobStatus: Sendable {
    public var snapshot: JobSnapshot
    /// Packets joined, and in all, while the film is being joined.
    public var joining: (done: Int64, total: Int64)?
    /// Why joining waits.
    public var held: String?
    public var warnings: [String]
    /// The share of the pipeline's time in which devices worked, 0 to 1.
    public var deviceBusy: Double
}
