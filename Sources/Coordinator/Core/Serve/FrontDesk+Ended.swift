import FarmModel
import Foundation

extension FrontDesk {
    /// A job's end is durable: what it needs no more is given back, and the operator's hook runs.
    func jobEnded(_ id: JobID, _ state: JobState, hook: ExecAfter?) async {
        do {
            let tidied = try await alone(with: .job(id)) { () -> JobRecord? in
                guard let record = try await store.job(id) else { return nil }
                await dispatcher.forget(id)
                if state == .done {
                    try await BlockingWork.run { [spool] in try spool.remove(id) }
                    try await giveBackUploads()
                }
                return record
            }
            guard let record = tidied else { return }
            let reason = record.plan.reasons.joined(separator: "; ")
            let name = (try? FilmSource(decoding: record.sourceIdentity))?.name
            await hook?.run(job: id, state: state, film: name ?? record.source, output: record.output, reason: reason)
        } catch {
            logger.error("cannot tidy up after a job", metadata: ["job": "\(id)", "error": "\(error.reason)"])
        }
    }
}
