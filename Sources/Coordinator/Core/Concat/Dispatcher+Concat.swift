import FarmModel
import Foundation

extension Dispatcher {
    /// Joins a job's accepted segments into the film, in a child; the scheduler hears how it went.
    func concatenate(_ id: JobID) {
        guard let job = jobs[id], let plan = scheduler.plan(of: id) else { return }
        let order = JoinOrder(
            film: job.record.source, videoIndex: job.source.videoIndex,
            segments: plan.segments.compactMap { $0.result.map { spool.segment($0.attempt) } },
            frameTable: spool.frameTable(id), struck: plan.struck, encoding: job.record.recipe.encoding,
            partial: job.record.partialPath, mark: spool.joinMark(id), output: job.record.output,
            overwrite: job.overwrite)
        Task {
            do {
                // The other streams come from the source now: it must still be the file that the segments came from.
                try await BlockingWork.run { try job.source.check() }
                let film = try await join(order, of: id)
                jobs[id]?.warnings += film.warnings
                jobs[id]?.held = nil
                submit(.concatenated(id))
            } catch {
                joinEnded(id, CoordinatorError(error))
            }
        }
    }

    /// Too little space is waited for where others use the farm too; all else is the job's end.
    private func joinEnded(_ id: JobID, _ error: CoordinatorError) {
        guard disk != nil, error.message.contains(String(cString: strerror(ENOSPC))) else {
            return submit(.concatFailed(id, reason: error.message))
        }
        jobs[id]?.held = "joining waits for space: \(error.message)"
        submit(.concatHeld(id, reason: error.message))
    }

    /// Joining reads what is there and writes one file: a child that was killed is simply followed by another.
    private func join(_ order: JoinOrder, of id: JobID) async throws -> JoinedFilm {
        for _ in 1..<Self.joinLimit {
            do { return try await joinOnce(order, of: id) } catch is FilmToolKilled { continue }
        }
        return try await joinOnce(order, of: id)
    }

    private static var joinLimit: Int { 3 }

    private func joinOnce(_ order: JoinOrder, of id: JobID) async throws -> JoinedFilm {
        let word = try await filmTool.run(.join(order), about: order.film) { word in
            if case .progress(let done, let total) = word { Task { await self.joining(id, done, total) } }
        }
        guard case .joined(let film) = word else { throw CoordinatorError(.job, "joining \(order.output): no answer") }
        return film
    }

    private func joining(_ id: JobID, _ done: Int64, _ total: Int64) { jobs[id]?.joining = (done, total) }
}
