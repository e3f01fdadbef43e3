public import FarmModel
import FarmProtocol
import Foundation
public import Scheduling

/// What is told of jobs and workers.
extension Dispatcher {
    /// Where a job stands; nil for one that is not at hand.
    public func status(of job: JobID) -> JobStatus? {
        guard let active = jobs[job], let snapshot = scheduler.snapshot(of: job) else { return nil }
        var status = told(active, snapshot)
        let stages = scheduler.plan(of: job)?.segments.compactMap { $0.result?.stages } ?? []
        status.deviceBusy = Self.busyShare(stages)
        return status
    }

    /// All jobs at hand, without what looking at every segment would tell: this is asked often.
    func statuses() -> [(record: JobRecord, status: JobStatus)] {
        scheduler.snapshots().compactMap { snapshot in
            jobs[snapshot.id].map { ($0.record, told($0, snapshot)) }
        }
    }

    /// The scheduler hears of a full disk with the next event; where the queue cannot be written for it, there is none.
    private func told(_ job: ActiveJob, _ snapshot: JobSnapshot) -> JobStatus {
        var status = JobStatus(job, snapshot)
        let isTold = snapshot.waits.contains { $0.code == .diskFull }
        guard isWaitingForSpace, !isTold, !snapshot.state.isEnded else { return status }
        let reason = "the queue's disk is full: nothing is decided on until it can be written again; make space"
        // The most telling first; what an operator did himself tells more.
        let place = status.snapshot.waits.first?.code == .paused ? 1 : 0
        status.snapshot.waits.insert(WaitReason(.diskFull, reason), at: place)
        return status
    }

    func workers() -> [WorkerSnapshot] { scheduler.workerSnapshots() }

    /// Slots of workers that are connected; at least one.
    var slotCount: Int { max(1, workers().filter(\.isConnected).reduce(0) { $0 + $1.slots.count }) }

    /// The inference stage's work as a share of its work and its waiting.
    static func busyShare(_ stages: [StageTimes]) -> Double {
        let busy = stages.reduce(0) { $0 + $1.inference.busy }
        let waiting = stages.reduce(0) { $0 + $1.inference.starved + $1.inference.blocked }
        let share = busy / (busy + waiting)
        return share.isFinite ? share : 0
    }

    /// Bytes of disk that the jobs at hand will still take.
    var outstandingSpace: Int64 {
        scheduler.snapshots().reduce(0) { sum, snapshot in
            guard !snapshot.state.isEnded, snapshot.framesTotal > 0, let job = jobs[snapshot.id] else { return sum }
            return sum + job.outstanding(1 - Double(snapshot.framesDone) / Double(snapshot.framesTotal))
        }
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
    public var deviceBusy = 0.0

    init(_ job: ActiveJob, _ snapshot: JobSnapshot) {
        self.snapshot = snapshot
        // What is not durable has not happened.
        if snapshot.state.isEnded { self.snapshot.state = job.durableState }
        (joining, held, warnings) = (job.joining, job.held, job.warnings)
    }
}
