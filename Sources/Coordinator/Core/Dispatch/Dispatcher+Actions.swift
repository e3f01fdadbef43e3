import FarmModel
import FarmProtocol
import Foundation
import Messaging
import Scheduling

extension Dispatcher {
    /// Carries out one of the scheduler's decisions.
    /// - Throws: only where the queue cannot be made durable.
    func perform(_ action: SchedulerAction) async throws {
        switch action {
        case .persist(let changes):
            try await persist(withWarnings(changes))
            note(changes)
        case .welcome(let worker): welcome(worker)
        case .reject(let worker, let reason): send(.reject(reason: reason), to: worker)
        case .stranger(let worker): send(.stranger, to: worker)
        case .calibrate(let worker, let slot, let job): calibrate(job, on: worker, slot: slot)
        case .lease(let worker, let slot, let attempt, let extraRunUp):
            lease(attempt, to: worker, slot: slot, extraRunUp: extraRunUp)
        case .adopt(let worker, _, let attempt, let extraRunUp): adopt(attempt, of: worker, extraRunUp: extraRunUp)
        case .accept(let worker, let attempt): send(.accepted(attempt), to: worker)
        case .refuse(let worker, let attempt, let reason): send(.refused(attempt, reason: reason), to: worker)
        case .cancel(let worker, let attempt): send(.cancel(attempt), to: worker)
        case .drain(let worker): send(.drain, to: worker)
        case .attemptEnded(let attempt, let outcome): end(attempt, outcome)
        case .discard(let attempt): discard(attempt)
        case .strike(let job, let frames): strike(frames, of: job)
        case .jobReady(let job): concatenate(job)
        case .jobFailed(let job, let reasons):
            logger.error("job failed", metadata: ["job": "\(job)", "reasons": "\(reasons.joined(separator: "; "))"])
        }
    }

    /// What was found out about a film is kept with its end: nobody may be looking when it comes.
    private func withWarnings(_ changes: [QueueChange]) -> [QueueChange] {
        changes.flatMap { change -> [QueueChange] in
            guard case .state(let job, .done, _) = change, let warnings = jobs[job]?.warnings, !warnings.isEmpty else {
                return [change]
            }
            return [change, .warned(job, warnings)]
        }
    }

    private func note(_ changes: [QueueChange]) {
        for change in changes {
            switch change {
            case .pinned(let job, let shape): jobs[job]?.record.recipe.execution = shape
            case .accepted(let result):
                noteDamage(result)
                settleParameterSets(of: result.attempt)
            case .state(let job, let state, _): settle(job, state)
            case .reopened(let job): jobs[job]?.durableState = .running
            default: break
            }
        }
    }

    private func calibrate(_ id: JobID, on worker: WorkerID, slot: Int) {
        guard let job = jobs[id] else { return }
        let settings = job.record.settings
        send(
            .calibrate(
                CalibrationRequest(
                    job: id, slot: slot, recipe: job.record.recipe, tile: settings.tile, batch: settings.batch,
                    precision: settings.precision, model: models.blob(of: job.record.recipe.model))), to: worker)
    }

    private func settle(_ id: JobID, _ state: JobState) {
        jobs[id]?.durableState = state
        if state.isEnded { stopJoining(id) }
        guard state.isEnded, let ended else { return }
        Task { await ended(id, state) }
    }

    private func end(_ attempt: AttemptID, _ outcome: AttemptOutcome) {
        openAttempts.remove(attempt)
        reads.drop(attempt)
        arrived[attempt] = nil
        early[attempt] = nil
        checkedSets[attempt] = nil
        bulk.withdraw(Wire.sourceBlob(attempt))
        // A worker that did not hear it may be sending again what is accepted.
        bulk.unexpect(Wire.encodedBlob(attempt), keeping: outcome == .accepted)
        if let reason = outcome.reason {
            logger.warning("attempt ended", metadata: ["attempt": "\(attempt)", "reason": "\(reason)"])
        }
    }

    private func discard(_ attempt: AttemptID) {
        try? FileManager.default.removeItem(atPath: spool.segment(attempt))
    }

    /// What a player would show too, with a glitch.
    func noteDamage(_ result: SegmentResult) {
        guard let frames = result.damaged, !frames.isEmpty else { return }
        warn(result.attempt.segment.job, frames, "damaged frames of the film are as a player shows them")
    }

    func strike(_ frames: [Int], of job: JobID) {
        warn(job, frames, "damaged or undecodable frames of the film are left out")
    }

    private func warn(_ id: JobID, _ frames: [Int], _ what: String) {
        guard let job = jobs[id] else { return }
        let times = frames.prefix(8).map { String(format: "%.3f s", job.seconds(of: $0)) }.joined(separator: ", ")
        let text = "\(frames.count) \(what), at \(times)\(frames.count > 8 ? ", …" : "")"
        jobs[id]?.warnings.append(text)
        logger.info("\(text)", metadata: ["job": "\(id)"])
    }
}
