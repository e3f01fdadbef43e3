public import FarmModel

extension Scheduler {
    /// Begins an attempt of a segment at a slot.
    mutating func lease(_ segment: SegmentID, to ref: SlotRef) {
        guard let worker = workers[ref.worker]?.name, let connection = workers[ref.worker]?.connection,
            let record = jobs[segment.job]?.begin(segment.index, worker: worker, slot: ref.slot)
        else { return }
        let attempt = AttemptID(segment: segment, number: record.number)
        put(attempt, at: ref)
        outbox.change(.leased(attempt, worker: worker, slot: ref.slot, extraRunUp: record.extraRunUp))
        outbox.act(.lease(connection, slot: ref.slot, attempt, extraRunUp: record.extraRunUp))
    }

    /// Notes that the slot holds the attempt.
    mutating func put(_ attempt: AttemptID, at ref: SlotRef, isAdopted: Bool = false) {
        guard let worker = workers[ref.worker] else { return }
        let isFirst = worker.slots[ref.slot].leases.isEmpty
        let lease = SlotState.Lease(
            attempt: attempt, via: worker.connection, leased: clock, isAdopted: isAdopted,
            expires: clock + configuration.leaseLifetime, begun: isFirst ? clock : nil, progressed: clock)
        workers[ref.worker]?.slots[ref.slot].leases.append(lease)
        holders[attempt] = ref
        timers.add(.lease(attempt), at: lease.expires.nextUp)
        expect(ref)
        refresh(ref)
        refresh(attempt.segment.job)
    }

    /// The worker has no input yet: the lease's time begins anew, and nothing of its wait is held against the slot.
    mutating func restart(_ attempt: AttemptID) {
        guard let (ref, place) = position(of: attempt), var lease = workers[ref.worker]?.slots[ref.slot].leases[place]
        else { return }
        lease.expires = clock + configuration.leaseLifetime
        if lease.frames == 0 {
            (lease.leased, lease.progressed) = (clock, clock)
            if lease.begun != nil { lease.begun = clock }
        }
        workers[ref.worker]?.slots[ref.slot].leases[place] = lease
        expect(ref)
    }

    /// Where a connected worker holds the attempt; nil for every attempt that has ended or is nobody's.
    func position(of attempt: AttemptID) -> (ref: SlotRef, place: Int)? {
        guard let ref = holders[attempt],
            let place = workers[ref.worker]?.slots[ref.slot].leases.firstIndex(where: { $0.attempt == attempt })
        else { return nil }
        return (ref, place)
    }

    /// The connection of the worker that holds the attempt; nil for every attempt that has ended or is nobody's.
    public func connection(holding attempt: AttemptID) -> WorkerID? {
        holders[attempt].flatMap { workers[$0.worker]?.connection }
    }

    /// Ends a current attempt that is not accepted; its segment waits again, unless another attempt is under way.
    mutating func close(_ attempt: AttemptID, _ outcome: AttemptOutcome, waitUntil notBefore: Double) {
        guard jobs[attempt.segment.job]?.isOpen(attempt) == true else { return }
        let wasHeld = unhold(attempt)
        let segment = attempt.segment
        if jobs[segment.job]?.end(segment.index, attempt.number, outcome) == true {
            jobs[segment.job]?.wait(segment.index, until: notBefore, now: clock)
            if notBefore > clock { timers.add(.backOff(segment), at: notBefore) }
        }
        outbox.change(.ended(attempt, outcome))
        if wasHeld { outbox.act(.attemptEnded(attempt, outcome)) }
        refresh(segment.job)
    }

    /// Takes an attempt back from whoever has it.
    mutating func withdraw(_ attempt: AttemptID, reason: String) {
        if let number = holders[attempt]?.worker, let id = workers[number]?.connection {
            outbox.act(.cancel(id, attempt))
        }
        close(attempt, .withdrawn(reason: reason), waitUntil: clock)
    }

    /// Takes an attempt from its slot, or from those that wait for their worker.
    /// - Returns: whether a slot had it.
    mutating func unhold(_ attempt: AttemptID, isDone: Bool = false) -> Bool {
        guard let (ref, place) = position(of: attempt) else {
            dropOrphan(attempt)
            return false
        }
        holders[attempt] = nil
        if let lease = workers[ref.worker]?.slots[ref.slot].leases.remove(at: place) {
            if let key = lease.tail { jobs[attempt.segment.job]?.prefetched.remove(key) }
            if isDone { learnPace(from: lease, at: ref, isDone: true) } else { learnSlowness(from: lease, at: ref) }
        }
        if workers[ref.worker]?.slots[ref.slot].leases.first?.begun == nil { promote(ref) }
        list(attempt.segment)
        expect(ref)
        startReservedCalibration(ref)
        refresh(ref)
        return true
    }

    /// The slot has come to the lease that it held for later.
    private mutating func promote(_ ref: SlotRef) {
        guard workers[ref.worker]?.slots[ref.slot].leases.isEmpty == false else { return }
        workers[ref.worker]?.slots[ref.slot].leases[0].begun = clock
        workers[ref.worker]?.slots[ref.slot].leases[0].progressed = clock
    }
}
