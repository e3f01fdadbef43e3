internal import FarmModel
internal import FarmProtocol

/// What is remembered of workers by their names: what operators want of them, and how they did.
extension Scheduler {
    /// What the store holds of a worker, at the start.
    mutating func know(_ record: WorkerRecord) {
        var note = notes[record.name] ?? WorkerNote()
        note.hello = note.hello ?? record.hello
        note.isDrained = record.isDrained
        note.asideReason = record.asideReason
        notes[record.name] = note
        if let number = names[record.name] { return refresh(worker: number) }
        setAway(record.name, true)
        timers.add(.forget(name: record.name), at: clock + configuration.workerMemory)
    }

    /// Notes whether the worker can be reckoned with at this moment.
    mutating func setAway(_ name: String, _ isAway: Bool) {
        if let old = notes[name]?.away { away.remove(old) }
        let key = isAway ? AwayKey(since: clock, name: name) : nil
        if let key { away.insert(key) }
        notes[name]?.away = key
    }

    mutating func setDrained(_ name: String, _ isDrained: Bool) {
        guard let note = notes[name], note.isDrained != isDrained else { return }
        notes[name]?.isDrained = isDrained
        outbox.change(.workerDrained(name: name, isDrained))
        if let number = names[name] { refresh(worker: number) }
    }

    mutating func reinstate(_ name: String) {
        guard notes[name]?.asideReason != nil else { return }
        notes[name]?.asideReason = nil
        notes[name]?.streak = []
        suspects.remove(name)
        outbox.change(.workerAside(name: name, reason: nil))
        if let number = names[name] { refresh(worker: number) }
    }

    /// Forgets a worker that has been away for long. What an operator decided about it is kept.
    mutating func forget(_ name: String) {
        guard names[name] == nil, let note = notes[name], !note.isDrained, note.asideReason == nil else { return }
        let end = (note.lastHeard ?? 0) + configuration.workerMemory
        if note.lastHeard != nil, end > clock { return timers.add(.forget(name: name), at: end) }
        setAway(name, false)
        suspects.remove(name)
        notes[name] = nil
    }

    mutating func noteSuccess(of name: String, _ segment: SegmentID) {
        notes[name]?.streak = []
        notes[name]?.segmentsDone += 1
        suspects.remove(name)
        guard let counted = jobs[segment.job]?.plan.segments[segment.index].counted else { return }
        let failed = counted.filter { $0.outcome?.isFailure == true && $0.worker != name }
        for name in Set(failed.map(\.worker)).sorted() { judge(worker: name) }
    }

    mutating func noteFailure(of name: String, _ work: FailedWork, _ reason: String) {
        guard var streak = notes[name]?.streak else { return }
        notes[name]?.failures += 1
        notes[name]?.lastFailure = reason
        if !streak.contains(work) { streak.append(work) }
        notes[name]?.streak = streak.suffix(Self.longestStreak)
        guard streak.count >= configuration.failureStreak, notes[name]?.asideReason == nil else { return }
        suspects.insert(name)
        judge(worker: name)
    }

    private static let longestStreak = 64

    /// Sets a worker aside that failed, without a success between, so much that others did. Never one that is the last
    /// to be had: a job that fails says more than one that waits for an operator.
    mutating func judge(worker name: String) {
        guard !sabotage.contains(.trustAll), let note = notes[name], note.asideReason == nil,
            note.streak.count >= configuration.failureStreak,
            note.streak.count(where: { isDone($0, byOthersThan: name) }) >= configuration.failureStreak,
            !isLast(name), let last = note.streak.last
        else { return }
        setAside(
            name,
            "it failed \(note.streak.count) segments in a row that others can do; the last, \(last): \(note.lastFailure)"
        )
    }

    private func isDone(_ work: FailedWork, byOthersThan name: String) -> Bool {
        if sabotage.contains(.blameWorkers) { return true }
        let doer: String? =
            switch work {
            case .segment(let segment): jobs[segment.job]?.accepter(of: segment.index)
            case .calibration(let job): jobs[job]?.calibration.finder
            }
        return doer.map { $0 != name } ?? false
    }

    /// Nobody else may be given work, or nobody else what some job needs.
    private func isLast(_ name: String) -> Bool {
        guard let number = names[name], let worker = workers[number], worker.isAvailable else { return true }
        return Set(worker.slots.flatMap(\.pools)).contains { pools[$0]?.available ?? 0 < 2 }
            || !workers.contains { $0.key != number && $0.value.isAvailable }
    }

    private mutating func setAside(_ name: String, _ reason: String) {
        notes[name]?.asideReason = reason
        suspects.remove(name)
        outbox.change(.workerAside(name: name, reason: reason))
        guard let number = names[name], let slots = workers[number]?.slots else { return }
        refresh(worker: number)
        for lease in slots.flatMap(\.leases) { withdraw(lease.attempt, reason: "its worker was set aside") }
    }
}
