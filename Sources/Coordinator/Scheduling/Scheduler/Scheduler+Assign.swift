internal import FarmModel

/// Work for slots with room: jobs in their order, a job's segments in film order, the emptiest slot first, so that every
/// slot has its current lease before any has its next.
extension Scheduler {
    mutating func assign() {
        defer { idled = [] }
        guard isAssignDue, diskFull == nil else { return }
        isAssignDue = false
        var last: JobKey?
        while let key = nextJob(after: last) {
            if jobs[key.id]?.plan.shape == nil { calibrate(key.id) } else { serve(key.id) }
            last = key
        }
        for ref in idled { shareTail(with: ref) }
    }

    /// The first job behind `last` that has work, in a pool that has room.
    private func nextJob(after last: JobKey?) -> JobKey? {
        var next: JobKey?
        for id in poolOrder {
            guard let pool = pools[id], !pool.open.isEmpty, let key = pool.ready.first(after: last) else { continue }
            next = next.map { sabotage.contains(.swapJobs) ? max($0, key) : min($0, key) } ?? key
        }
        return next
    }

    private mutating func serve(_ id: JobID) {
        guard let pool = jobs[id]?.pool else { return }
        for index in jobs[id]?.marked.map({ $0 }) ?? [] {
            guard pools[pool]?.open.isEmpty == false else { return }
            guard let marks = jobs[id]?.plan.segments[index].marks else { continue }
            let segment = SegmentID(job: id, index: index)
            if let ref = slot(in: pool, avoiding: marks) ?? anySlot(in: pool, for: segment) { lease(segment, to: ref) }
        }
        while let fresh = jobs[id]?.fresh, let first = fresh.first, let open = pools[pool]?.open.first {
            let isSwapped = sabotage.contains(.swapSegments) && fresh.holds(first + 1)
            lease(SegmentID(job: id, index: isSwapped ? first + 1 : first), to: open.ref)
        }
    }

    /// What has waited for a better slot for so long takes what there is: the better one may be busy for hours.
    private mutating func anySlot(in pool: Int, for segment: SegmentID) -> SlotRef? {
        guard let since = jobs[segment.job]?.markedSince[segment.index] else { return nil }
        let end = since + configuration.patience
        guard end > clock else { return anySlot(in: pool) }
        if jobs[segment.job]?.isReminded.insert(segment.index).inserted == true {
            timers.add(.backOff(segment), at: end)
        }
        return nil
    }

    /// The first slot with room; a suspect's only where nobody else can be had.
    func anySlot(in pool: Int) -> SlotRef? {
        guard let pool = pools[pool] else { return nil }
        if let open = pool.open.first(where: { !suspects.contains(workers[$0.ref.worker]?.name ?? "") }) {
            return open.ref
        }
        let able = suspects.count { name in names[name].map { isAvailable($0, in: pool) } ?? false }
        return pool.available == able ? pool.open.first?.ref : nil
    }

    /// A slot with room such that no slot that could take the work, busy or not, has fewer marks: first on the slot, then
    /// on its worker. So another attempt goes to another engine where there are several, if it must wait for it. Suspects
    /// are as marked, unless they are so many that it is the work.
    func slot(in pool: Int, avoiding marks: [SlotMark]) -> SlotRef? {
        guard let pool = pools[pool] else { return nil }
        var marked = Set(marks.map(\.worker))
        if suspects.count <= Self.mostSuspects { marked.formUnion(suspects) }
        if let open = pool.open.first(where: { !marked.contains(workers[$0.ref.worker]?.name ?? "") }) {
            return open.ref
        }
        let able = marked.sorted().compactMap { names[$0] }.filter { isAvailable($0, in: pool) }
        guard pool.available == able.count else { return nil }
        return leastMarked(able, of: pool, marks)
    }

    private static let mostSuspects = 64

    private func leastMarked(_ workers: [Int], of pool: Pool, _ marks: [SlotMark]) -> SlotRef? {
        var least: (badness: Int, open: OpenSlot?)?
        for number in workers {
            guard let worker = self.workers[number] else { continue }
            for (slot, state) in worker.slots.enumerated()
            where pool.needs.areMet(by: worker.hello.slots[slot]) {
                let badness = badness(marks, worker.name, slot)
                if let known = least, known.badness < badness { continue }
                if let known = least, known.badness == badness, let open = known.open,
                    open < (state.open ?? open) || state.open == nil
                {
                    continue
                }
                least = (badness, state.open)
            }
        }
        return least?.open?.ref
    }

    private func isAvailable(_ number: Int, in pool: Pool) -> Bool {
        guard let worker = workers[number], worker.isAvailable else { return false }
        return worker.hello.slots.contains { pool.needs.areMet(by: $0) }
    }

    private func badness(_ marks: [SlotMark], _ name: String, _ slot: Int) -> Int {
        marks.reduce(0) { $0 + ($1.worker != name ? 0 : $1.slot == slot ? 1_000_001 : 1) }
    }
}
