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
        outbox.change(.workerAside(name: name, reason: nil))
        if let number = names[name] { refresh(worker: number) }
    }

    /// Forgets a worker that has been away for long. What an operator decided about it is kept.
    mutating func forget(_ name: String) {
        guard names[name] == nil, let note = notes[name], !note.isDrained, note.asideReason == nil else { return }
        let end = (note.lastHeard ?? 0) + configuration.workerMemory
        if note.lastHeard != nil, end > clock { return timers.add(.forget(name: name), at: end) }
        setAway(name, false)
        notes[name] = nil
    }

    mutating func noteSuccess(of name: String) {
        notes[name]?.streak = []
        notes[name]?.segmentsDone += 1
    }

    /// Counts a failure, and sets the worker aside when it fails again and again what others can do.
    mutating func noteFailure(of name: String, _ attempt: AttemptID, _ reason: String) {
        notes[name]?.failures += 1
        guard var streak = notes[name]?.streak, !streak.contains(attempt.segment) else { return }
        streak.append(attempt.segment)
        streak = streak.suffix(configuration.failureStreak + 5)
        notes[name]?.streak = streak
        guard streak.count >= configuration.failureStreak, notes[name]?.asideReason == nil,
            streak.contains(where: { jobs[$0.job]?.isDoable(byOthersThan: name) == true })
        else { return }
        setAside(
            name, "it failed \(streak.count) segments in a row that others can do; the last, \(attempt): \(reason)")
    }

    private mutating func setAside(_ name: String, _ reason: String) {
        notes[name]?.asideReason = reason
        outbox.change(.workerAside(name: name, reason: reason))
        guard let number = names[name], let slots = workers[number]?.slots else { return }
        refresh(worker: number)
        for lease in slots.flatMap(\.leases) { withdraw(lease.attempt, reason: "its worker was set aside") }
    }
}
