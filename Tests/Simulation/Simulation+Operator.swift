import FarmModel
import Scheduling

/// What people ask for while the farm is at work, and how it is mended in the end.
extension Simulation {
    func operate() throws {
        let job = store.order[generator.index(below: store.order.count)]
        let worker = workers[generator.index(below: workers.count)].name
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...2: try pause(job)
        case 3: try resume(job)
        case 4:
            count(.priority)
            try ask(.jobPriority(job, Int.random(in: -3...3, using: &generator)))
        case 5, 6:
            count(.drained)
            try ask(.drainWorker(worker))
            let back = generator.between(20, 120)
            after(back) { try $0.ask(.undrainWorker(worker)) }
        case 7: try ask(.reinstateWorker(worker))
        case 8: if job == store.order.last { try cancel(job) }
        default: if store.plans[job]?.state == .done { try ask(.jobRemoved(job)) }
        }
    }

    private func ask(_ event: SchedulerEvent, done: Happening? = nil) throws {
        try submit(event, in: life, done: done)
    }

    private func pause(_ job: JobID) throws {
        guard store.plans[job]?.state == .running else { return }
        count(.paused)
        wished.insert(job)
        try ask(.jobPaused(job)) {
            if $0.wished.contains(job), $0.scheduler?.plan(of: job)?.isPaused == true { $0.paused.insert(job) }
        }
        after(generator.between(10, 90)) { try $0.resume(job) }
    }

    private func resume(_ job: JobID) throws {
        wished.remove(job)
        paused.remove(job)
        try ask(.jobResumed(job))
    }

    private func cancel(_ job: JobID) throws {
        guard store.plans[job]?.state == .running, films[job]?.cursed.isEmpty == true else { return }
        count(.cancelled)
        try ask(.jobCancelled(job))
        after(generator.between(5, 40)) { try $0.retry(job) }
    }

    private func retry(_ job: JobID) throws {
        guard !isCommitting, let plan = store.plans[job], plan.state == .cancelled else { return }
        count(.retried)
        wished.remove(job)
        paused.remove(job)
        try ask(.jobAdded(plan))
    }

    /// The storm is over: everything runs and is allowed to, and nothing more goes wrong. What was slow stays slow.
    func mend() throws {
        isCalm = true
        disk = SimulatedDisk()
        for index in workers.indices {
            workers[index].partitionedUntil = min(now, workers[index].partitionedUntil)
            after(generator.between(0, 10)) { $0.startWorker(index) }
        }
        try permit()
    }

    /// Asked for until it holds: the coordinator may be down just now.
    private func permit() throws {
        try ask(.diskFree)
        for job in store.order {
            if store.plans[job]?.isPaused == true || scheduler?.plan(of: job)?.isPaused == true { try resume(job) }
            try retry(job)
        }
        for worker in workers { try ask(.undrainWorker(worker.name)) }
        after(15) { if !$0.hasEnded { try $0.permit() } }
    }
}
