internal import FarmModel

/// The indexes: which slots have room, which jobs have work, by what the jobs need.
extension Scheduler {
    /// The pool of jobs with these needs, made where there is none.
    mutating func pool(for needs: JobNeeds) -> Int {
        if let id = poolOrder.first(where: { pools[$0]?.needs == needs }) { return id }
        poolsMade += 1
        pools[poolsMade] = Pool(needs: needs)
        poolOrder.append(poolsMade)
        for number in workers.keys.sorted() { enrol(number, in: poolsMade) }
        return poolsMade
    }

    /// Gives a worker's slots their pools.
    mutating func enrol(_ number: Int) { for pool in poolOrder { enrol(number, in: pool) } }

    private mutating func enrol(_ number: Int, in pool: Int) {
        guard let worker = workers[number], let needs = pools[pool]?.needs else { return }
        let able = worker.hello.slots.indices.filter { needs.areMet(by: worker.hello.slots[$0]) }
        for slot in able {
            workers[number]?.slots[slot].pools.append(pool)
            if let open = worker.slots[slot].open { pools[pool]?.open.insert(open) }
        }
        if !able.isEmpty, worker.isAvailable { pools[pool]?.available += 1 }
    }

    private mutating func drop(_ pool: Int) {
        pools[pool] = nil
        poolOrder.removeAll { $0 == pool }
        for number in workers.keys.sorted() {
            for slot in workers[number]?.slots.indices ?? 0..<0 {
                workers[number]?.slots[slot].pools.removeAll { $0 == pool }
            }
        }
    }

    /// Has the indexes agree with what the slot holds.
    mutating func refresh(_ ref: SlotRef) {
        guard let slot = workers[ref.worker]?.slots[ref.slot] else { return }
        let hasRoom =
            workers[ref.worker]?.isAvailable == true && slot.calibration == nil
            && slot.leases.count < configuration.leasesPerSlot
        let open = hasRoom ? OpenSlot(held: slot.leases.count, ref: ref) : nil
        guard open != slot.open else { return }
        workers[ref.worker]?.slots[ref.slot].open = open
        for pool in slot.pools {
            if let old = slot.open { pools[pool]?.open.remove(old) }
            if let open { pools[pool]?.open.insert(open) }
        }
        guard let open else { return }
        isAssignDue = true
        if open.held == 0 { idled.append(ref) }
    }

    /// Has the indexes agree with whether the worker may be given work.
    mutating func refresh(worker number: Int) {
        guard let worker = workers[number], let note = notes[worker.name] else { return }
        let isAvailable = !worker.isSilent && !worker.isLeaving && !note.isDrained && note.asideReason == nil
        guard isAvailable != worker.isAvailable else { return }
        workers[number]?.isAvailable = isAvailable
        setAway(worker.name, !isAvailable)
        isAssignDue = true
        for pool in Set(worker.slots.flatMap(\.pools)) { pools[pool]?.available += isAvailable ? 1 : -1 }
        for slot in worker.slots.indices {
            if !isAvailable { giveUpReservation(SlotRef(worker: number, slot: slot)) }
            refresh(SlotRef(worker: number, slot: slot))
        }
    }

    /// Has the indexes agree with what the job has to do.
    mutating func refresh(_ id: JobID) {
        guard let job = jobs[id] else { return }
        let needs = job.plan.effectiveNeeds
        if job.plan.state.isEnded { return unlist(id) }
        if job.pool.flatMap({ pools[$0]?.needs }) != needs {
            unlist(id)
            let pool = pool(for: needs)
            jobs[id]?.pool = pool
            pools[pool]?.members += 1
        }
        list(id, ready: hasWork(id), tail: hasTail(id))
    }

    /// Something that a slot with room could do now.
    private func hasWork(_ id: JobID) -> Bool {
        guard let job = jobs[id], job.plan.state == .running, !job.plan.isPaused else { return false }
        guard job.plan.shape == nil else { return !job.fresh.isEmpty || !job.marked.isEmpty }
        return job.calibration.notBefore <= clock && !isCalibrating(id)
    }

    private func hasTail(_ id: JobID) -> Bool {
        guard let job = jobs[id], job.isLeasable, job.fresh.isEmpty else { return false }
        return !job.prefetched.isEmpty || !job.begun.isEmpty
    }

    private mutating func list(_ id: JobID, ready: Bool, tail: Bool) {
        guard let job = jobs[id], let pool = job.pool else { return }
        if ready {
            isAssignDue = true
            pools[pool]?.ready.insert(job.key)
        } else if job.isListedReady {
            pools[pool]?.ready.remove(job.key)
        }
        if tail { pools[pool]?.tails.insert(job.key) } else if job.isListedTail { pools[pool]?.tails.remove(job.key) }
        jobs[id]?.isListedReady = ready
        jobs[id]?.isListedTail = tail
    }

    /// Takes the job from its pool, which goes with its last job.
    mutating func unlist(_ id: JobID) {
        guard let pool = jobs[id]?.pool else { return }
        list(id, ready: false, tail: false)
        jobs[id]?.pool = nil
        pools[pool]?.members -= 1
        if pools[pool]?.members == 0 { drop(pool) }
    }
}
