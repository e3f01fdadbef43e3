public import FarmModel
internal import FarmProtocol

extension Scheduler {
    /// Why a result of this attempt from this worker would not count; nil if it would. Asked before its bytes are
    /// fetched; the answer that counts is the one to `delivered`.
    public func refusal(of attempt: AttemptID, from worker: WorkerID) -> String? {
        guard let job = jobs[attempt.segment.job], job.plan.segments.indices.contains(attempt.segment.index) else {
            return "no segment \(attempt.segment) is known"
        }
        if let accepted = job.plan.segments[attempt.segment.index].result, !sabotage.contains(.acceptBoth) {
            return "segment \(attempt.segment) is already accepted from attempt \(accepted.attempt.number)"
        }
        if job.plan.state.isEnded { return "job \(attempt.segment.job) is \(job.plan.state.rawValue)" }
        guard let number = connections[worker], holders[attempt]?.worker == number else {
            return "attempt \(attempt) has lapsed"
        }
        return nil
    }

    /// The first result of a current attempt is accepted; any other changes nothing. The same result again, whose
    /// acknowledgement was lost, is acknowledged again.
    mutating func delivered(_ id: WorkerID, _ result: SegmentResult) {
        hear(id)
        let attempt = result.attempt
        if let reason = refusal(of: attempt, from: id) {
            return dismiss(id, result, reason)
        }
        guard let segment = jobs[attempt.segment.job]?.plan.segments[attempt.segment.index] else { return }
        if let fault = result.fault(in: segment.range) {
            attemptFailed(id, attempt, .refused(reason: fault))
        } else if result.lacking.isEmpty || isFinal(result, of: segment) {
            accept(id, result)
        } else {
            askForRunUp(id, result, known: segment)
        }
    }

    /// What speaks against a result may have gone meanwhile: then it is said again, with the worker's hello, and checked.
    mutating func uncounted(_ id: WorkerID, _ result: SegmentResult) {
        hear(id)
        guard let reason = refusal(of: result.attempt, from: id) else { return outbox.act(.stranger(id)) }
        dismiss(id, result, reason)
    }

    /// The attempt had all the run-up that was asked for, and lacks only what others lacked too. Frames of the overlap count as well:
    /// another split may have them, and pictures must not depend on the split (P2).
    private func isFinal(_ result: SegmentResult, of segment: SegmentPlan) -> Bool {
        let runUp = segment.attempts[result.attempt.number - 1].extraRunUp
        return runUp > 0 && runUp >= segment.extraRunUp && Set(result.lacking).isSubset(of: segment.missing)
    }

    private mutating func dismiss(_ id: WorkerID, _ result: SegmentResult, _ reason: String) {
        let accepted = acceptedResult(result.attempt.segment)
        if accepted?.attempt == result.attempt, accepted?.output.sha256 == result.output.sha256 {
            return outbox.act(.accept(id, result.attempt))
        }
        if let number = connections[id], workers[number]?.unclaimed[result.attempt] != nil {
            workers[number]?.unclaimed[result.attempt] = true  // it is asked for again when the job is there
        } else if connections[id] == nil, jobs[result.attempt.segment.job]?.isOpen(result.attempt) == true {
            outbox.act(.stranger(id))  // who it is may be on its way; with its hello it sends the result again
        } else if sabotage.contains(.acceptLapsed), accepted == nil, jobs[result.attempt.segment.job] != nil {
            acceptAnyway(id, result)
        } else {
            refuse(id, result.attempt, reason)
        }
    }

    /// Turns a result down. Its bytes can go, unless they may be wanted: they are the accepted ones, or of an attempt that
    /// goes on with somebody else (`isOver`: with nobody), or of a job that is not in memory, whose accepted ones are not
    /// known.
    mutating func refuse(_ id: WorkerID, _ attempt: AttemptID, _ reason: String, isOver: Bool = false) {
        outbox.act(.refuse(id, attempt, reason: reason))
        guard let job = jobs[attempt.segment.job], isOver || !job.isOpen(attempt),
            acceptedResult(attempt.segment)?.attempt != attempt
        else { return }
        outbox.act(.discard(attempt))
    }

    private func acceptedResult(_ segment: SegmentID) -> SegmentResult? {
        guard let job = jobs[segment.job], job.plan.segments.indices.contains(segment.index) else { return nil }
        return job.plan.segments[segment.index].result
    }

    private mutating func accept(_ id: WorkerID, _ result: SegmentResult) {
        let (attempt, segment) = (result.attempt, result.attempt.segment)
        guard let ref = holders[attempt], let worker = workers[ref.worker]?.name,
            let others = jobs[segment.job]?.open[segment.index]?.filter({ $0 != attempt.number })
        else { return }
        _ = unhold(attempt, isDone: true)
        workers[ref.worker]?.slots[ref.slot].limit = result.stages.limit
        _ = jobs[segment.job]?.end(segment.index, attempt.number, .accepted)
        jobs[segment.job]?.accept(result)
        outbox.change(.accepted(result))
        outbox.act(.accept(id, attempt))
        outbox.act(.attemptEnded(attempt, .accepted))
        for number in others where !sabotage.contains(.acceptBoth) {
            endSecond(AttemptID(segment: segment, number: number))
        }
        noteSuccess(of: worker, segment)
        if !result.missing.isEmpty { strike(result.missing, of: segment.job) }
        concatenateIfComplete(segment.job)
        refresh(segment.job)
    }

    /// The other of a pair: its segment is accepted and does not wait again.
    private mutating func endSecond(_ attempt: AttemptID) {
        let outcome = AttemptOutcome.withdrawn(reason: "another attempt was accepted")
        if let number = holders[attempt]?.worker, let id = workers[number]?.connection {
            outbox.act(.cancel(id, attempt))
        }
        let wasHeld = unhold(attempt)
        _ = jobs[attempt.segment.job]?.end(attempt.segment.index, attempt.number, outcome)
        outbox.change(.ended(attempt, outcome))
        if wasHeld { outbox.act(.attemptEnded(attempt, outcome)) }
    }

    private mutating func acceptAnyway(_ id: WorkerID, _ result: SegmentResult) {
        jobs[result.attempt.segment.job]?.accept(result)
        outbox.change(.accepted(result))
        outbox.act(.accept(id, result.attempt))
    }

    /// Frames of a result that was retracted meanwhile may be struck already.
    private mutating func strike(_ frames: [Int], of job: JobID) {
        let known = Set(jobs[job]?.plan.struck ?? [])
        let frames = frames.filter { !known.contains($0) }
        guard !frames.isEmpty else { return }
        jobs[job]?.plan.struck.append(contentsOf: frames)
        jobs[job]?.plan.struck.sort()
        outbox.change(.struck(job, frames: frames))
        outbox.act(.strike(job, frames: frames))
    }

    /// Frames that no earlier attempt missed too may exist: the next attempt starts a GOP earlier.
    private mutating func askForRunUp(_ id: WorkerID, _ result: SegmentResult, known: SegmentPlan) {
        let segment = result.attempt.segment
        let missing = Set(known.missing).union(result.lacking).sorted()
        let outcome = AttemptOutcome.incomplete(missing: result.lacking)
        let extra = max(known.extraRunUp, known.attempts[result.attempt.number - 1].extraRunUp + 1)
        jobs[segment.job]?.plan.segments[segment.index].extraRunUp = extra
        jobs[segment.job]?.plan.segments[segment.index].missing = missing
        outbox.change(.runUp(segment, extra: extra, missing: missing))
        refuse(id, result.attempt, "tried again with more run-up: \(outcome.reason ?? "")", isOver: true)
        close(result.attempt, outcome, waitUntil: clock)
    }
}

extension SegmentResult {
    /// Twice the largest overlap that can be asked for.
    private static let mostAround = 512

    /// Why the result cannot be of a segment with this range.
    func fault(in range: FrameRange) -> String? {
        for (frames, what) in [(missing, "missing"), (damaged ?? [], "damaged")]
        where !zip(frames, frames.dropFirst()).allSatisfy(<) || !frames.allSatisfy(range.contains) {
            return "frames named \(what) are out of order or not of the segment \(range)"
        }
        guard (0...range.count).contains(frames), frames + missing.count == range.count else {
            return "\(frames) frames and \(missing.count) missing are not the segment's \(range.count)"
        }
        let around = missingAround ?? []
        guard zip(around, around.dropFirst()).allSatisfy(<), !around.contains(where: range.contains),
            around.count <= Self.mostAround
        else { return "frames named missing around it are out of order or of the segment \(range) itself" }
        guard output.size >= 0 else { return "a file of \(output.size) bytes" }
        guard [stages.decode, stages.inference, stages.encode].allSatisfy(\.isPlausible) else {
            return "times of the pipeline's stages that cannot be"
        }
        return nil
    }
}

extension StageTimes.Stage {
    /// Seconds that a stage can have spent: times are added up, and what is not finite cannot be told to anyone.
    fileprivate var isPlausible: Bool { [busy, starved, blocked].allSatisfy((0...1e9).contains) }
}
