public import FarmModel
import Foundation
import Media

extension Dispatcher {
    /// Takes up a job that is in the store: a new one, or one that an earlier life left.
    func add(_ record: JobRecord, source: FilmSource, overwrite: Bool) async throws {
        let path = spool.frameTable(record.id)
        let table = try await BlockingWork.run { try FrameTable(contentsOf: path) }
        jobs[record.id] = ActiveJob(record: record, source: source, overwrite: overwrite, table: table)
        submit(.jobAdded(record.plan))
    }

    /// Where a job stands.
    public func status(of job: JobID) -> JobStatus? {
        guard let active = jobs[job], let snapshot = scheduler.snapshot(of: job) else { return nil }
        let stages = scheduler.plan(of: job)?.segments.compactMap { $0.result?.stages } ?? []
        return JobStatus(
            snapshot: snapshot, joining: active.joining, warnings: active.warnings, deviceBusy: Self.busyShare(stages))
    }

    /// The inference stage's work as a share of its work and its waiting.
    private static func busyShare(_ stages: [StageTimes]) -> Double {
        let busy = stages.reduce(0) { $0 + $1.inference.busy }
        let waiting = stages.reduce(0) { $0 + $1.inference.starved + $1.inference.blocked }
        return busy + waiting > 0 ? busy / (busy + waiting) : 0
    }
}

/// A job at a glance.
public struct JobStatus: Sendable {
    public var snapshot: JobSnapshot
    /// Packets joined, and in all, while the film is being joined.
    public var joining: (done: Int64, total: Int64)?
    public var warnings: [String]
    /// The share of the pipeline's time in which devices worked, 0 to 1.
    public var deviceBusy: Double
}
