public import FarmModel
import Foundation
import Media

extension Dispatcher {
    /// Takes up a job that is in the store: a new one, or one that an earlier life left.
    func add(_ record: JobRecord, source: FilmSource, overwrite: Bool) async throws {
        let path = spool.frameTable(record.id)
        let table = try await BlockingWork.run { try FrameTable(contentsOf: path) }
        let accepted = record.plan.segments.compactMap(\.result)
        let paths = accepted.filter { $0.frames > 0 }.map { spool.segment($0.attempt) }
        var job = ActiveJob(record: record, source: source, overwrite: overwrite, table: table)
        job.parameterSets = try await BlockingWork.run {
            try paths.first.map { SegmentCheck.parameterSetsSHA256(of: try PacketFileReader(path: $0).stream) }
        }
        jobs[record.id] = job
        // What an earlier life had to say of the film still holds.
        if !record.plan.struck.isEmpty { strike(record.plan.struck, of: record.id) }
        for result in accepted { noteDamage(result) }
        submit(.jobAdded(record.plan))
    }

    /// Where a job stands.
    public func status(of job: JobID) -> JobStatus? {
        guard let active = jobs[job], var snapshot = scheduler.snapshot(of: job) else { return nil }
        if snapshot.state.isEnded { snapshot.state = active.durableState }
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
