import FarmModel
import Foundation
import Media
import Messaging

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
        if let model = try models.add(record.recipe.model, for: record.id) { try serve(model) }
        // A failed or cancelled job is taken up again: what its end leads to must not reach it any more.
        if job.durableState.isEnded { job.durableState = .running }
        jobs[record.id] = job
        // What an earlier life had to say of the film still holds.
        if !record.plan.struck.isEmpty { strike(record.plan.struck, of: record.id) }
        for result in accepted { noteDamage(result) }
        submit(.jobAdded(record.plan))
    }

    /// Takes up a job of the store after a restart, or to try it again: what is missing of its spool is set right.
    /// - Throws: `CoordinatorError` where it cannot go on.
    func takeUp(_ record: JobRecord) async throws {
        let source = try FilmSource(decoding: record.sourceIdentity)
        let missing = try await BlockingWork.run { [spool] in
            try source.check()
            return try spool.setRight(record)
        }
        for result in missing {
            logger.warning(
                "a finished segment is gone or damaged, and is made again", metadata: ["attempt": "\(result.attempt)"])
        }
        var record = record
        try await retract(missing, from: &record)
        try await add(record, source: source, overwrite: source.overwrite ?? false)
    }

    private func retract(_ missing: [SegmentResult], from record: inout JobRecord) async throws {
        guard !missing.isEmpty else { return }
        try await store.apply(missing.map { .retracted($0.attempt, reason: "its file is gone or damaged") })
        guard let now = try await store.job(record.id) else { return }
        record = now
    }

    /// Lets go of a job that has ended; nothing where it was taken up again meanwhile.
    func forget(_ id: JobID) {
        guard jobs[id]?.durableState.isEnded == true else { return }
        jobs[id] = nil
        let (unneeded, moved) = models.remove(id)
        for blob in unneeded { bulk.withdraw(blob) }
        for model in moved {
            do { try serve(model) } catch { logger.error("cannot serve the model \(model.path): \(error.reason)") }
        }
        submit(.jobRemoved(id))
    }

    private func serve(_ model: ServedModels.Served) throws {
        let slices = [BlobSlice.file(path: model.path, offset: 0, length: model.blob.size)]
        try bulk.serve(id: model.blob.id, slices: slices, to: .role(.worker))
    }
}
