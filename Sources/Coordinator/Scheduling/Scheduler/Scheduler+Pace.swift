internal import FarmModel

/// A slot's known pace, in the order of paces.
struct PaceKey: Hashable, Comparable, Sendable {
    var pace: Double
    var ref: SlotRef

    static func < (left: PaceKey, right: PaceKey) -> Bool { (left.pace, left.ref) < (right.pace, right.ref) }
}

/// How long things take: a slot's pace is seconds for a megapixel of output, as seen lately.
extension Scheduler {
    /// The slot's own pace, or what is usual; nil where nobody has shown one.
    func pace(of ref: SlotRef) -> Double? { workers[ref.worker]?.slots[ref.slot].pace ?? medianPace }

    var medianPace: Double? { paces.isEmpty ? nil : paces[paces.count / 2].pace }

    /// Megapixels of a segment's output.
    func work(of segment: SegmentID) -> Double {
        guard let plan = jobs[segment.job]?.plan else { return 0 }
        return Double(plan.segments[segment.index].range.count) * plan.weight * 1e-6
    }

    /// Seconds that the slot will take for the segment.
    func duration(of segment: SegmentID, at ref: SlotRef) -> Double? { pace(of: ref).map { $0 * work(of: segment) } }

    /// Takes in what a lease shows of its slot's pace: a first guess from its frames so far, the truth when it is done.
    mutating func learnPace(from lease: SlotState.Lease, at ref: SlotRef, isDone: Bool) {
        guard !lease.isAdopted, let begun = lease.begun, clock > begun,
            let slot = workers[ref.worker]?.slots[ref.slot]
        else { return }
        let frames = jobs[lease.attempt.segment.job]?.plan.segments[lease.attempt.segment.index].range.count ?? 0
        let share = isDone ? 1 : Double(min(lease.frames, frames)) / Double(max(1, frames))
        guard isDone || (!slot.isPaceProven && share >= 0.1) else { return }
        let seen = (clock - begun) / max(share * work(of: lease.attempt.segment), 1e-12)
        setPace(of: ref, slot.isPaceProven ? ((slot.pace ?? seen) + seen) / 2 : seen)
        if isDone { workers[ref.worker]?.slots[ref.slot].isPaceProven = true }
    }

    /// A lease that is given up has shown that its slot takes at least so long.
    mutating func learnSlowness(from lease: SlotState.Lease, at ref: SlotRef) {
        let work = work(of: lease.attempt.segment)
        guard !lease.isAdopted, let begun = lease.begun, let known = workers[ref.worker]?.slots[ref.slot].pace, work > 0
        else { return }
        let left = max(0, expectedEnd(of: lease, at: ref) - clock)
        let seen = (clock - begun + left) / work
        if seen > 1.5 * known { setPace(of: ref, seen) }
    }

    private mutating func setPace(of ref: SlotRef, _ pace: Double) {
        forgetPace(of: ref)
        workers[ref.worker]?.slots[ref.slot].pace = pace
        paces.insert(PaceKey(pace: pace, ref: ref))
    }

    mutating func forgetPace(of ref: SlotRef) {
        if let old = workers[ref.worker]?.slots[ref.slot].pace { paces.remove(PaceKey(pace: old, ref: ref)) }
    }

    /// When the slot will probably be through with a lease that it has begun. One that is overdue will take as long
    /// again as nothing was seen of it.
    func expectedEnd(of lease: SlotState.Lease, at ref: SlotRef) -> Double {
        let segment = lease.attempt.segment
        guard let begun = lease.begun, let pace = pace(of: ref) else { return clock }
        let frames = Double(jobs[segment.job]?.plan.segments[segment.index].range.count ?? 0)
        let left = max(0, frames - Double(lease.frames))
        let perFrame =
            lease.frames > 0 && lease.progressed > begun && !lease.isAdopted
            ? (lease.progressed - begun) / Double(lease.frames) : pace * work(of: segment) / max(1, frames)
        let end = lease.progressed + left * perFrame
        return end > clock ? end : clock + (clock - lease.progressed)
    }
}
