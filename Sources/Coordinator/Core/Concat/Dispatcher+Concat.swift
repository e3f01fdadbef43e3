import FarmModel
import FarmProtocol
import Foundation
import Media

extension Dispatcher {
    /// A child that joins a film.
    struct Joining {
        /// Goes up with each: what is said of an earlier one changes nothing.
        var number: Int
        var task: Task<Void, Never>
    }

    /// Joins a job's accepted segments into the film, in a child; the scheduler hears how it went.
    func concatenate(_ id: JobID) {
        guard let job = jobs[id], let plan = scheduler.plan(of: id) else { return }
        jobs[id]?.held = nil
        jobs[id]?.joining = nil
        let order = JoinOrder(
            film: job.record.source, videoIndex: job.source.videoIndex,
            streams: try? job.record.settings.selection,
            range: FrameRange(plan.segments.first?.range.first ?? 0, plan.segments.last?.range.end ?? 0),
            asked: FilmCut(from: job.record.settings.from, to: job.record.settings.to),
            segments: plan.segments.compactMap(\.result).map {
                JoinOrder.Segment(path: spool.segment($0.attempt), sha256: $0.output.sha256)
            },
            frameTable: spool.frameTable(id), struck: plan.struck, encoding: job.record.recipe.encoding,
            orientation: job.record.recipe.preparation.orientation,
            partial: job.record.partialPath, mark: spool.joinMark(id), output: job.record.output,
            overwrite: job.overwrite)
        joinsBegun += 1
        let (number, earlier) = (joinsBegun, joins[id]?.task)
        let task = Task {
            await earlier?.value  // two must not write one file
            await carryOut(order, of: job, number)
            if joins[id]?.number == number { joins[id] = nil }
        }
        joins[id] = Joining(number: number, task: task)
    }

    /// Ends a joining that nobody wants any more.
    func stopJoining(_ id: JobID) { joins[id]?.task.cancel() }

    private func carryOut(_ order: JoinOrder, of job: ActiveJob, _ number: Int) async {
        let id = job.record.id
        do {
            try Task.checkCancellation()
            // The other streams come from the source now: it must still be the file that the segments came from.
            try await BlockingWork.run { try job.source.check() }
            let film = try await join(order, of: id, number)
            guard !Task.isCancelled else { return }
            // What was told when the job was made need not be told again.
            jobs[id]?.warnings += film.warnings.filter { !job.source.warnings.contains($0) }
            submit(.concatenated(id))
        } catch {
            guard !Task.isCancelled else {
                unlink(order.partial)
                return
            }
            await joinEnded(id, CoordinatorError(error))
        }
    }

    /// Segments that are gone or damaged are made again; too little space is waited for where others use the farm too, and so is
    /// a disk that cannot be read for the moment; all else is the job's end.
    private func joinEnded(_ id: JobID, _ error: CoordinatorError) async {
        let isFull = disk != nil && error.message.contains(String(cString: strerror(ENOSPC)))
        if isFull { return hold(id, "joining waits for space: \(error.message)", error) }
        let damaged: [AttemptID]
        do { damaged = try await damagedSegments(of: id) } catch let unreadable {
            guard !Task.isCancelled else { return }
            let reason = CoordinatorError(unreadable).message
            guard disk != nil else { return submit(.concatFailed(id, reason: reason)) }
            return hold(id, "joining waits: \(reason)", CoordinatorError(unreadable))
        }
        guard !Task.isCancelled else { return }
        guard !damaged.isEmpty else { return submit(.concatFailed(id, reason: error.message)) }
        logger.warning(
            "joining found finished segments gone or damaged, and they are made again",
            metadata: ["job": "\(id)", "segments": "\(damaged.count)", "error": "\(error.message)"])
        for attempt in damaged { submit(.resultMissing(attempt, reason: "its file is gone or damaged")) }
    }

    private func hold(_ id: JobID, _ why: String, _ error: CoordinatorError) {
        jobs[id]?.held = why
        submit(.concatHeld(id, reason: error.message))
    }

    private func damagedSegments(of id: JobID) async throws -> [AttemptID] {
        let results = scheduler.plan(of: id)?.segments.compactMap(\.result) ?? []
        return try await BlockingWork.run { [spool] in try spool.damaged(of: results) }.map(\.attempt)
    }

    /// Joining reads what is there and writes one file: a child that was killed is simply followed by another.
    private func join(_ order: JoinOrder, of id: JobID, _ number: Int) async throws -> JoinedFilm {
        for _ in 1..<Self.joinLimit {
            do { return try await joinOnce(order, of: id, number) } catch is FilmToolKilled { continue }
        }
        return try await joinOnce(order, of: id, number)
    }

    private static var joinLimit: Int { 3 }

    private func joinOnce(_ order: JoinOrder, of id: JobID, _ number: Int) async throws -> JoinedFilm {
        let word = try await filmTool.run(.join(order), about: order.film) { word in
            if case .progress(let done, let total) = word { Task { await self.joining(id, number, done, total) } }
        }
        guard case .joined(let film) = word else { throw CoordinatorError(.job, "joining \(order.output): no answer") }
        return film
    }

    private func joining(_ id: JobID, _ number: Int, _ done: Int64, _ total: Int64) {
        if joins[id]?.number == number { jobs[id]?.joining = (done, total) }
    }
}
