import FarmModel
import Foundation
import Media

extension Dispatcher {
    /// Looks at a delivered segment before the scheduler hears of it: its packets, its timestamps, its parameter sets.
    func check(_ result: SegmentResult, from worker: WorkerID) async {
        let id = result.attempt.segment
        guard scheduler.refusal(of: result.attempt, from: worker) == nil, let job = jobs[id.job],
            openAttempts.contains(result.attempt), let range = scheduler.range(of: id)
        else {
            return submit(.delivered(worker, result))  // the scheduler says why it does not count
        }
        let missing = Set(result.missing)
        let timestamps = (range.first..<range.end).filter { !missing.contains($0) }.map { job.table.timestamps[$0] }
        let path = spool.segment(result.attempt)
        let encoding = job.record.recipe.encoding
        do {
            let summary = try await BlockingWork.run {
                try SegmentCheck.check(path: path, timestamps: timestamps, encoding: encoding)
            }
            try compareParameterSets(summary.parameterSetsSHA256, of: id.job, isEmpty: timestamps.isEmpty)
            submit(.delivered(worker, result))
        } catch {
            submit(.deliveryRefused(worker, result.attempt, reason: CoordinatorError(error).message))
        }
    }

    private func compareParameterSets(_ hash: String, of job: JobID, isEmpty: Bool) throws {
        guard !isEmpty else { return }
        guard let first = jobs[job]?.parameterSets else {
            jobs[job]?.parameterSets = hash
            return
        }
        guard first == hash else {
            throw CoordinatorError(
                .job,
                "its parameter sets differ from the job's other segments': the worker's encoder is of another version")
        }
    }
}
