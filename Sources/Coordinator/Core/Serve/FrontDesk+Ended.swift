import FarmModel
import Foundation
import Scheduling

extension FrontDesk {
    /// A job's end is durable: what it needs no more is given back, and the operator's hook runs.
    func jobEnded(_ id: JobID, _ state: JobState, hook: ExecAfter?) async {
        do {
            try await alone(with: .job(id)) { try await tidy(id, state) }
        } catch {
            logger.error("cannot tidy up after a job", metadata: ["job": "\(id)", "error": "\(error.reason)"])
        }
        guard let record = try? await store.job(id) else { return }
        let reason = record.plan.reasons.joined(separator: "; ")
        let name = (try? FilmSource(decoding: record.sourceIdentity))?.name
        await hook?.run(job: id, state: state, film: name ?? record.source, output: record.output, reason: reason)
    }

    /// A film that was handed in came to nothing before it was a job.
    func submissionEnded(_ submission: SubmissionRecord, reason: String, hook: ExecAfter?) async {
        let request = try? JSONDecoder().decode(JobRequest.self, from: Data(submission.request.utf8))
        let state: JobState = reason == Intake.cancelled ? .cancelled : .failed
        await hook?.run(
            job: submission.id, state: state, film: request.map { $0.name ?? $0.film } ?? "",
            output: request?.output ?? "", reason: reason)
    }

    private func tidy(_ id: JobID, _ state: JobState) async throws {
        await dispatcher.forget(id)
        guard state == .done else { return }
        try await BlockingWork.run { [spool] in try spool.remove(id) }
        try await giveBackUploads()
    }
}
