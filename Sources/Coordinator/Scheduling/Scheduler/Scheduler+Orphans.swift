internal import FarmModel

/// Attempts that an earlier life of the coordinator leased and that may be under way at their workers still. For a
/// lease's lifetime they wait for a worker of that name whose hello says that it holds them; then they go on as if
/// nothing had been.
extension Scheduler {
    func isOrphan(_ attempt: AttemptID) -> Bool {
        holders[attempt] == nil && jobs[attempt.segment.job]?.isOpen(attempt) == true
    }

    /// Deals with the attempts that a job was added with.
    mutating func awaitWorkers(of id: JobID) {
        for (index, numbers) in jobs[id]?.open.sorted(by: { $0.key < $1.key }) ?? [] {
            for number in numbers {
                guard let record = jobs[id]?.plan.segments[index].attempts[number - 1] else { continue }
                let attempt = AttemptID(segment: SegmentID(job: id, index: index), number: number)
                orphan(attempt, of: record.worker)
                guard let worker = names[record.worker], let connection = workers[worker]?.connection else {
                    if configuration.reconnection <= 0 { endOrphan(attempt) }
                    continue
                }
                guard let hasResult = workers[worker]?.unclaimed.removeValue(forKey: attempt) else {
                    endOrphan(attempt)
                    continue
                }
                adopt(attempt, by: worker)
                // Its result came before the job: the worker sends it again with its next hello.
                if hasResult { outbox.act(.stranger(connection)) }
            }
        }
    }

    mutating func orphan(_ attempt: AttemptID, of name: String) {
        if let (ref, place) = position(of: attempt) {
            holders[attempt] = nil
            if let key = workers[ref.worker]?.slots[ref.slot].leases.remove(at: place).tail {
                jobs[attempt.segment.job]?.prefetched.remove(key)
            }
            list(attempt.segment)
        }
        orphans[name, default: []].append(attempt)
        timers.add(.orphan(attempt), at: (clock + configuration.reconnection).nextUp)
        if sabotage.contains(.leaseTwice) { jobs[attempt.segment.job]?.makeReady(attempt.segment.index, now: clock) }
    }

    mutating func endOrphan(_ attempt: AttemptID) {
        close(attempt, .withdrawn(reason: "the coordinator stopped"), waitUntil: clock)
    }

    /// Forgets that an attempt waits for its worker.
    mutating func dropOrphan(_ attempt: AttemptID) {
        guard
            let name = jobs[attempt.segment.job]?.plan.segments[attempt.segment.index].attempts[attempt.number - 1]
                .worker
        else { return }
        orphans[name]?.removeAll { $0 == attempt }
        if orphans[name]?.isEmpty == true { orphans[name] = nil }
    }

    /// Takes up what a worker says in its hello that it holds, and ends what it has lost.
    mutating func claim(_ held: [AttemptID], by id: WorkerID) {
        guard let number = connections[id], let name = workers[number]?.name else { return }
        let claimed = Set(held)
        for attempt in orphans[name] ?? [] where !claimed.contains(attempt) { endOrphan(attempt) }
        for attempt in held where holders[attempt]?.worker != number {
            if orphans[name]?.contains(attempt) == true {
                adopt(attempt, by: number)
            } else if jobs[attempt.segment.job] == nil {
                expectJob(of: attempt, at: number)
            } else {
                outbox.act(.cancel(id, attempt))
            }
        }
    }

    /// The job may only not be added yet.
    private mutating func expectJob(of attempt: AttemptID, at number: Int) {
        if workers[number]?.unclaimed.isEmpty == true {
            timers.add(.unclaimed(worker: number), at: clock + configuration.leaseLifetime)
        }
        if workers[number]?.unclaimed[attempt] == nil { workers[number]?.unclaimed[attempt] = false }
    }

    mutating func dropUnclaimed(_ number: Int) {
        guard let worker = workers[number] else { return }
        workers[number]?.unclaimed = [:]
        for attempt in worker.unclaimed.keys.sorted(by: { $0.description < $1.description }) {
            outbox.act(.cancel(worker.connection, attempt))
        }
    }

    private mutating func adopt(_ attempt: AttemptID, by number: Int) {
        guard let record = jobs[attempt.segment.job]?.plan.segments[attempt.segment.index].attempts[attempt.number - 1],
            let worker = workers[number]
        else { return }
        guard worker.slots.indices.contains(record.slot), worker.slots[record.slot].calibration == nil else {
            outbox.act(.cancel(worker.connection, attempt))
            return endOrphan(attempt)
        }
        dropOrphan(attempt)
        put(attempt, at: SlotRef(worker: number, slot: record.slot), isAdopted: true)
        outbox.act(.adopt(worker.connection, slot: record.slot, attempt, extraRunUp: record.extraRunUp))
    }
}
