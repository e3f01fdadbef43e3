internal import FarmModel
internal import FarmProtocol

extension Scheduler {
    mutating func failed(_ id: WorkerID, _ failure: AttemptFailure) {
        hear(id)
        guard let attempt = failure.attempt else { return calibrationFailed(id, failure.job, failure.reason) }
        let isHopeless = failure.misfit != nil && refusal(of: attempt, from: id) == nil
        attemptFailed(id, attempt, .failed(reason: failure.reason, crashed: failure.crashed, log: failure.log))
        // The film is to blame: other attempts would come to the same.
        if isHopeless { fail(attempt.segment.job, reasons: [failure.reason]) }
    }

    /// Ends a current attempt as failed, and the job with it when its segment has failed too often. A failure of an
    /// attempt that has ended changes nothing.
    mutating func attemptFailed(_ id: WorkerID, _ attempt: AttemptID, _ outcome: AttemptOutcome) {
        hear(id)
        let refusal = refusal(of: attempt, from: id)
        if case .refused(let reason) = outcome { refuse(id, attempt, refusal ?? reason, isOver: refusal == nil) }
        guard refusal == nil, let number = connections[id], let name = workers[number]?.name
        else {
            return
        }
        close(attempt, outcome, waitUntil: clock + backOff(for: attempt.segment, of: name))
        noteFailure(of: name, .segment(attempt.segment), outcome.reason ?? "")
        judge(attempt.segment)
    }

    /// Fails the job when one of its segments has failed, or taken workers down, too often.
    mutating func judge(_ id: SegmentID) {
        guard let job = jobs[id.job], !job.plan.state.isEnded, job.plan.segments[id.index].result == nil else { return }
        let segment = job.plan.segments[id.index]
        let spent = segment.counted.filter { $0.outcome?.isFailure == true || $0.outcome?.isLoss == true }
        let failures = spent.filter { $0.outcome?.isFailure == true }.map(\.worker)
        guard isTooMuch(failures, in: job.pool) || spent.count - failures.count >= configuration.lossLimit else {
            return
        }
        let head = "segment \(id.index), frames \(segment.range), came to nothing \(spent.count) times"
        let lines = spent.map { "attempt \($0.number) on \($0.worker), slot \($0.slot): \($0.outcome?.reason ?? "")" }
        fail(id.job, reasons: [head] + lines)
    }

    /// Whether so many failures, on these workers, are the work's fault. While there is a worker that could try it and on
    /// which it has not failed yet, only one of each worker counts, and only of workers that are known to work: a few bad
    /// boxes must not fail a job. That worker may be busy, or away for a little while.
    func isTooMuch(_ failures: [String], in pool: Int?) -> Bool {
        guard failures.count >= configuration.failureLimit else { return false }
        let names = Set(failures)
        let proven = failures.filter { isProven($0) || sabotage.contains(.blameJobs) }
        if Set(proven).count >= configuration.failureLimit { return true }
        if max(names.count, proven.count) >= 4 * configuration.failureLimit { return true }
        // One that is heard and never gets on with anything is no hope for ever: so many tries of one worker take longer
        // than anybody who is away is waited for.
        let most = Dictionary(failures.map { ($0, 1) }, uniquingKeysWith: +).values.max() ?? 0
        guard most < 6 * configuration.failureLimit, let pool = pool.flatMap({ pools[$0] }) else { return true }
        let hopeless = failures.count < 4 * configuration.failureLimit ? names : names.union(suspects)
        let hasFresh = pool.available > hopeless.count { isAvailable($0, in: pool) }
        return !hasFresh && !mayReturn(besides: hopeless, for: pool.needs)
    }

    /// It had something accepted, and not too much has failed since.
    private func isProven(_ name: String) -> Bool {
        guard let note = notes[name] else { return false }
        return note.segmentsDone > 0 && note.streak.count < configuration.failureStreak && note.asideReason == nil
    }

    private func isAvailable(_ name: String, in pool: Pool) -> Bool {
        guard let worker = names[name].flatMap({ workers[$0] }), worker.isAvailable else { return false }
        return worker.hello.slots.contains { pool.needs.areMet(by: $0) }
    }

    /// A worker that has not been away, silent or drained for long, and could do it.
    private func mayReturn(besides tried: Set<String>, for needs: JobNeeds) -> Bool {
        let recent = away.reversed().prefix { $0.since > clock - configuration.absence }
        return recent.contains { key in
            guard !tried.contains(key.name), let note = notes[key.name], note.asideReason == nil else { return false }
            return note.hello?.slots.contains { needs.areMet(by: $0) } == true
        }
    }
}
