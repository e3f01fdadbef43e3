internal import FarmModel

/// The end of a job, when nothing of it waits any more and slots run out of work: an idle slot takes over what another
/// holds for later, or tries the segment that will end last a second time. The first result of a pair counts.
extension Scheduler {
    /// Jobs and segments that one idle slot is tried on.
    private static let tries = 8

    /// Looks for something for idle slots that had nothing when they became idle: a slot may have slowed down since.
    mutating func assignTails() {
        guard diskFull == nil else { return }
        for id in poolOrder where pools[id]?.tails.isEmpty == false {
            let idle = pools[id]?.open.prefix(64).filter { $0.held == 0 }.map(\.ref) ?? []
            let fastest = idle.sorted { (pace(of: $0) ?? 0, $0) < (pace(of: $1) ?? 0, $1) }
            var failures = 0
            for ref in fastest where failures < Self.tries { if !shareTail(with: ref) { failures += 1 } }
        }
    }

    /// - Returns: whether the slot was given something.
    @discardableResult
    mutating func shareTail(with ref: SlotRef) -> Bool {
        guard let worker = workers[ref.worker], !suspects.contains(worker.name) else { return false }
        let slot = worker.slots[ref.slot]
        guard slot.open?.held == 0 else { return false }
        let jobs = slot.pools.flatMap { pools[$0].map { Array($0.tails.prefix(Self.tries)) } ?? [] }.sorted().prefix(
            Self.tries)
        for key in jobs where takeOver(from: key.id, to: ref) || speculate(on: key.id, with: ref) { return true }
        return false
    }

    /// Moves the lease that its slot would come to last, if this slot would be through with it sooner.
    private mutating func takeOver(from id: JobID, to ref: SlotRef) -> Bool {
        guard let key = jobs[id]?.prefetched.last else { return false }
        let segment = SegmentID(job: id, index: key.index)
        let attempt = AttemptID(segment: segment, number: key.number)
        guard let holder = holders[attempt], mayTry(segment, at: ref) else { return false }
        if let there = duration(of: segment, at: holder), let here = duration(of: segment, at: ref) {
            guard clock + here < max(clock, key.time) + there else { return false }
        }
        guard jobs[id]?.open[key.index] == [key.number] else { return false }
        withdraw(attempt, reason: "another slot was idle")
        lease(segment, to: ref)
        return true
    }

    /// Has the slot try the segment that will end last too, if it would be through with it sooner. Of a pair, the slower
    /// one makes way.
    private mutating func speculate(on id: JobID, with ref: SlotRef) -> Bool {
        guard let name = workers[ref.worker]?.name, let last = jobs[id]?.begun.suffix(Self.tries) else { return false }
        for key in last.reversed() {
            let segment = SegmentID(job: id, index: key.index)
            guard let here = duration(of: segment, at: ref), clock + 1.1 * here < key.time else { return false }
            let others = jobs[id]?.open[key.index]?.map { AttemptID(segment: segment, number: $0) } ?? []
            guard !others.contains(where: { isHeld($0, by: name) }), mayTry(segment, at: ref) else { continue }
            if others.count > 1, let slower = slowest(of: others) { withdraw(slower, reason: "a faster slot was idle") }
            lease(segment, to: ref)
            return true
        }
        return false
    }

    private func isHeld(_ attempt: AttemptID, by name: String) -> Bool {
        guard let holder = holders[attempt] else { return true }  // of an earlier life: it waits for its worker
        return workers[holder.worker]?.name == name
    }

    private func slowest(of attempts: [AttemptID]) -> AttemptID? {
        attempts.max { (end(of: $0) ?? .infinity, $0.number) < (end(of: $1) ?? .infinity, $1.number) }
    }

    /// The segment has not failed on the slot's worker.
    private func mayTry(_ segment: SegmentID, at ref: SlotRef) -> Bool {
        let name = workers[ref.worker]?.name
        return jobs[segment.job]?.plan.segments[segment.index].counted
            .contains { $0.worker == name && $0.outcome?.isFailure == true } == false
    }
}
