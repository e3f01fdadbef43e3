internal import FarmModel

/// How long a job will take, as far as the connected slots have shown their paces.
extension Scheduler {
    /// From: all its slots work on nothing else, and end together. To: those before it go first, a third is lost, and
    /// the slowest slot begins a segment last.
    /// - Parameter ahead: megapixels of output that go before it.
    func eta(of job: JobRun, ahead: Double) -> JobSnapshot.ETA? {
        guard job.isLeasable, diskFull == nil, let pool = job.pool, let median = medianPace else { return nil }
        let paces = slots(of: pool).map { pace(of: $0) ?? median }
        let rate = paces.reduce(0) { $0 + 1 / max($1, 1e-9) }
        guard rate > 0 else { return nil }
        let own = workLeft(job)
        let segment = job.plan.segments.first.map { Double($0.range.count) * job.plan.weight * 1e-6 } ?? 0
        let high = (own + ahead) / rate * 1.33 + (paces.max() ?? 0) * min(segment, own)
        return JobSnapshot.ETA(low: own / rate, high: high)
    }

    private func slots(of pool: Int) -> [SlotRef] {
        workers.keys.sorted().filter { workers[$0]?.isAvailable == true }.flatMap { number in
            (workers[number]?.slots ?? []).indices.filter { workers[number]?.slots[$0].pools.contains(pool) == true }
                .map { SlotRef(worker: number, slot: $0) }
        }
    }

    func workAhead(of job: JobRun) -> Double {
        jobOrder.prefix { $0 < job.key }.reduce(0) { $0 + (jobs[$1.id].map(workLeft) ?? 0) }
    }

    /// Megapixels of output that are not accepted and, of what is under way, not encoded yet.
    func workLeft(_ job: JobRun) -> Double {
        guard job.isLeasable else { return 0 }
        let underWay = job.open.reduce(0) { done, open in
            done
                + (open.value.compactMap { number in
                    position(of: AttemptID(segment: SegmentID(job: job.id, index: open.key), number: number))
                        .flatMap { workers[$0.ref.worker]?.slots[$0.ref.slot].leases[$0.place].frames }
                }.max() ?? 0)
        }
        return Double(max(0, job.framesTotal - job.framesAccepted - underWay)) * job.plan.weight * 1e-6
    }
}
