internal import FarmModel

/// The lists that a job's tail is shared out by: what slots hold for later, by when they will come to it, and segments
/// that slots are at work on, by when the first of them will be through.
extension Scheduler {
    /// Has the lists agree with what the slot holds.
    mutating func expect(_ ref: SlotRef) {
        guard let leases = workers[ref.worker]?.slots[ref.slot].leases else { return }
        var free = clock
        for (place, lease) in leases.enumerated() {
            if lease.begun == nil {
                list(lease, from: free, at: ref, place)
                free += duration(of: lease.attempt.segment, at: ref) ?? 0
            } else {
                if let key = lease.tail { jobs[lease.attempt.segment.job]?.prefetched.remove(key) }
                workers[ref.worker]?.slots[ref.slot].leases[place].tail = nil
                list(lease.attempt.segment)
                free = max(free, expectedEnd(of: lease, at: ref))
            }
        }
    }

    private mutating func list(_ lease: SlotState.Lease, from time: Double, at ref: SlotRef, _ place: Int) {
        if let old = lease.tail, abs(old.time - time) < 0.5 { return }
        let key = TailKey(time: time, index: lease.attempt.segment.index, number: lease.attempt.number)
        if let old = lease.tail { jobs[lease.attempt.segment.job]?.prefetched.remove(old) }
        jobs[lease.attempt.segment.job]?.prefetched.insert(key)
        workers[ref.worker]?.slots[ref.slot].leases[place].tail = key
    }

    /// Has the list of begun segments agree with the segment's attempts.
    mutating func list(_ segment: SegmentID) {
        let ends = (jobs[segment.job]?.open[segment.index] ?? []).compactMap {
            end(of: AttemptID(segment: segment, number: $0))
        }
        let old = jobs[segment.job]?.begunKeys[segment.index]
        if let old, let end = ends.min(), abs(old.time - end) < 0.5 { return }
        if let old { jobs[segment.job]?.begun.remove(old) }
        let key = ends.min().map { TailKey(time: $0, index: segment.index, number: 0) }
        if let key { jobs[segment.job]?.begun.insert(key) }
        jobs[segment.job]?.begunKeys[segment.index] = key
    }

    /// When a slot will probably be through with an attempt; nil where none has begun it.
    func end(of attempt: AttemptID) -> Double? {
        guard let (ref, place) = position(of: attempt), let lease = workers[ref.worker]?.slots[ref.slot].leases[place],
            lease.begun != nil
        else { return nil }
        return expectedEnd(of: lease, at: ref)
    }
}
