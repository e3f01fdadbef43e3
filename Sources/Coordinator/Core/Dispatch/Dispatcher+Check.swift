import FarmModel
import FarmProtocol
import Foundation
import Media
import Scheduling

extension Dispatcher {
    /// Looks at a delivered segment before the scheduler hears of it: its packets, its timestamps, its parameter sets.
    func check(_ result: SegmentResult, from worker: WorkerID) async {
        let id = result.attempt.segment
        guard scheduler.refusal(of: result.attempt, from: worker) == nil else {
            return submit(.uncounted(worker, result))  // the scheduler says why
        }
        // Of an attempt whose lease is decided on and not yet durable nothing has arrived either.
        guard let blob = arrived[result.attempt], let job = jobs[id.job], let range = scheduler.range(of: id) else {
            early[result.attempt] = (result, worker)
            return
        }
        let missing = Set(result.missing)
        let frames = (range.first..<range.end).filter { !missing.contains($0) }
        let timestamps = frames.map { job.table.timestamps[$0] }
        let keyframes = job.borders.keyframes(of: range, given: frames).map { job.table.timestamps[$0] }
        let path = spool.segment(result.attempt)
        let encoding = job.record.recipe.encoding
        do {
            guard blob == result.output else {
                throw CoordinatorError(.job, "the worker reports another file than the one it delivered")
            }
            let summary = try await BlockingWork.run {
                try SegmentCheck.check(path: path, timestamps: timestamps, keyframes: keyframes, encoding: encoding)
            }
            if !timestamps.isEmpty { try compareParameterSets(summary.parameterSetsSHA256, of: result.attempt) }
            submit(.delivered(worker, result))
        } catch {
            submit(.deliveryRefused(worker, result.attempt, reason: CoordinatorError(error).message))
        }
    }

    /// An encoded segment's bytes are in the spool; the result that told of them may have been here first.
    func take(_ blob: BlobReference) async {
        guard let attempt = openAttempts.attempt(ofBlob: blob.id) else { return }
        arrived[attempt] = blob
        if let (result, worker) = early.removeValue(forKey: attempt) { await check(result, from: worker) }
    }

    private func compareParameterSets(_ hash: String, of attempt: AttemptID) throws {
        // Those that wait for their commit count too: of two first ones with different sets only one can be joined.
        let waiting = checkedSets.first { $0.key.segment.job == attempt.segment.job && $0.key != attempt }?.value
        guard jobs[attempt.segment.job]?.parameterSets ?? waiting ?? hash == hash else {
            throw CoordinatorError(
                .job,
                "its parameter sets differ from the job's other segments': the worker's encoder is of another version")
        }
        checkedSets[attempt] = hash
    }

    /// The first accepted segment's parameter sets are the job's.
    func settleParameterSets(of attempt: AttemptID) {
        guard let hash = checkedSets[attempt], jobs[attempt.segment.job]?.parameterSets == nil else { return }
        jobs[attempt.segment.job]?.parameterSets = hash
    }
}
