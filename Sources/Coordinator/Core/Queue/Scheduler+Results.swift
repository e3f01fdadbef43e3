public import FarmModel
internal import FarmProtocol

extension Scheduler {
    /// Why a result of this attempt from this worker would not count; nil if it would. Asked before its bytes are
    /// fetched; the answer that counts is the one to `delivered`.
    public func refusal(of attempt: AttemptID, from worker: WorkerID) -> String? {
        guard let job = jobs[attempt.segment.job], job.plan.segments.indices.contains(attempt.segment.index) else {
            return "no segment \(attempt.segment) is known"
        }
        if let accepted = job.plan.segments[attempt.segment.index].result {
            return "segment \(attempt.segment) is already accepted from attempt \(accepted.attempt.number)"
        }
        if job.plan.state.isEnded { return "job \(attempt.segment.job) is \(job.plan.state.rawValue)" }
        guard holder(of: attempt)?.worker == worker else { return "attempt \(attempt) has lapsed" }
        return nil
    }

    /// The first result of a current attempt is accepted; any other changes nothing. The same result again, whose
    /// acknowledgement was lost, is acknowledged again.
    mutating func delivered(_ id: WorkerID, _ result: SegmentResult, at now: Double) {
        workers[id]?.lastHeard = now
        let attempt = result.attempt
        if let reason = refusal(of: attempt, from: id) {
            let accepted = acceptedResult(attempt.segment)
            if accepted?.attempt == attempt, accepted?.output.sha256 == result.output.sha256 {
                return outbox.act(.accept(id, attempt))
            }
            return refuse(id, attempt, reason)
        }
        guard let segment = jobs[attempt.segment.job]?.plan.segments[attempt.segment.index] else { return }
        if let fault = result.fault(in: segment.range) {
            attemptFailed(id, attempt, .refused(reason: fault), at: now)
        } else if result.missing.isEmpty
            || (segment.extraRunUp > 0 && Set(result.missing).isSubset(of: segment.missing))
        {
            accept(id, result, at: now)
        } else {
            askForRunUp(id, result, known: segment, at: now)
        }
    }

    /// Turns a result down. Its bytes can go, unless they are the accepted ones or of a job that is not in memory, whose
    /// accepted ones are not known.
    private mutating func refuse(_ id: WorkerID, _ attempt: AttemptID, _ reason: String) {
        outbox.act(.refuse(id, attempt, reason: reason))
        guard jobs[attempt.segment.job] != nil, acceptedResult(attempt.segment)?.attempt != attempt else { return }
        outbox.act(.discard(attempt))
    }

    private func acceptedResult(_ segment: SegmentID) -> SegmentResult? {
        guard let job = jobs[segment.job], job.plan.segments.indices.contains(segment.index) else { return nil }
        return job.plan.segments[segment.index].result
    }

    private mutating func accept(_ id: WorkerID, _ result: SegmentResult, at now: Double) {
        let segment = result.attempt.segment
        guard take(result.attempt, .accepted) else { return }
        jobs[segment.job]?.phases[segment.index] = .accepted
        jobs[segment.job]?.plan.segments[segment.index].result = result
        jobs[segment.job]?.acceptedCount += 1
        outbox.change(.accepted(result))
        outbox.act(.accept(id, result.attempt))
        outbox.act(.attemptEnded(result.attempt, .accepted))
        if !result.missing.isEmpty { strike(result.missing, of: segment.job) }
        concatenateIfComplete(segment.job)
        assign(only: id, at: now)
    }

    private mutating func strike(_ frames: [Int], of job: JobID) {
        jobs[job]?.plan.struck.append(contentsOf: frames)
        jobs[job]?.plan.struck.sort()
        outbox.change(.struck(job, frames: frames))
        outbox.act(.strike(job, frames: frames))
    }

    /// Frames that no earlier attempt missed too may exist: the next attempt starts a GOP earlier.
    private mutating func askForRunUp(_ id: WorkerID, _ result: SegmentResult, known: SegmentPlan, at now: Double) {
        let segment = result.attempt.segment
        let missing = Set(known.missing).union(result.missing).sorted()
        let outcome = AttemptOutcome.incomplete(missing: result.missing)
        jobs[segment.job]?.plan.segments[segment.index].extraRunUp = known.extraRunUp + 1
        jobs[segment.job]?.plan.segments[segment.index].missing = missing
        outbox.change(.runUp(segment, extra: known.extraRunUp + 1, missing: missing))
        refuse(id, result.attempt, "tried again with more run-up: \(outcome.reason ?? "")")
        close(result.attempt, outcome, waitUntil: now)
        assign(at: now)
    }

    mutating func failed(_ id: WorkerID, _ failure: AttemptFailure, at now: Double) {
        workers[id]?.lastHeard = now
        guard let attempt = failure.attempt else { return calibrationFailed(id, failure.job, failure.reason, at: now) }
        attemptFailed(id, attempt, .failed(reason: failure.reason, crashed: failure.crashed, log: failure.log), at: now)
    }

    /// Ends a current attempt as failed, and the job with it when its segment has failed too often. A failure of an
    /// attempt that has ended changes nothing.
    mutating func attemptFailed(_ id: WorkerID, _ attempt: AttemptID, _ outcome: AttemptOutcome, at now: Double) {
        workers[id]?.lastHeard = now
        if case .refused(let reason) = outcome {
            refuse(id, attempt, refusal(of: attempt, from: id) ?? reason)
        }
        guard refusal(of: attempt, from: id) == nil else { return }
        let tries = jobs[attempt.segment.job]?.plan.segments[attempt.segment.index].counted.count ?? 1
        close(attempt, outcome, waitUntil: now + backOff(after: tries))
        judge(attempt.segment, at: now)
        assign(at: now)
    }

    /// Fails the job when one of its segments has failed, or taken workers down, too often.
    mutating func judge(_ id: SegmentID, at now: Double) {
        guard let segment = jobs[id.job]?.plan.segments[id.index] else { return }
        let spent = segment.counted.filter { $0.outcome?.isFailure == true || $0.outcome?.isLoss == true }
        let failures = spent.count { $0.outcome?.isFailure == true }
        guard failures >= configuration.failureLimit || spent.count - failures >= configuration.lossLimit else {
            return
        }
        let head = "segment \(id.index), frames \(segment.range), came to nothing \(spent.count) times"
        let lines = spent.map { "attempt \($0.number) on \($0.worker), slot \($0.slot): \($0.outcome?.reason ?? "")" }
        fail(id.job, reasons: [head] + lines, at: now)
    }
}

extension SegmentResult {
    /// Why the result cannot be of a segment with this range.
    func fault(in range: FrameRange) -> String? {
        guard zip(missing, missing.dropFirst()).allSatisfy(<), missing.allSatisfy(range.contains) else {
            return "frames named missing are out of order or not of the segment \(range)"
        }
        guard (0...range.count).contains(frames), frames + missing.count == range.count else {
            return "\(frames) frames and \(missing.count) missing are not the segment's \(range.count)"
        }
        return nil
    }
}
