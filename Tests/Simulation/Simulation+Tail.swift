import FarmModel
import Scheduling

/// A job of which it is watched how its end is shared out.
struct TailWatch {
    var job: JobID?
    /// When nothing of it waited any more, and the segments that were left then.
    var began = 0.0
    var isBegun = false
    var segments = 0
    /// Attempts that had come to nothing then.
    var failures = 0
    /// Of the healthy workers: segments a second, and the seconds of the slowest.
    var rate = 0.0
    var slowest = 0.0
    var ended: Double?
}

/// The tail of a job begins when the last of its segments is leased that waited, and ends when its last segment is
/// accepted. Its ideal is what the segments that are not accepted at its beginning would take the healthy workers' slots,
/// spread evenly. The slowest healthy segment is the longest that one takes at a healthy worker. In a farm that is left
/// alone, in which some workers are many times slower than they were known, a tail takes at most the ideal and twice the
/// slowest healthy segment; and two heartbeats, because by these the coordinator learns that a worker has become slow.
extension Simulation {
    func runLastJob() throws {
        // The workers settle first: leases of the storm's jobs end, the last restarts are over.
        let settled = now + 30
        try play(until: settled + 1) { $0.now >= settled - 5 }
        let slots = workers.reduce(0) { $0 + $1.slots.count }
        let film = SimulatedFilm(
            id: JobID("last"), segments: slots + Int.random(in: 0...slots, using: &generator), isSound: true,
            needs: JobNeeds(), priority: 0, using: &generator)
        films[film.id] = film
        let plan = film.plan(order: 99, isPinned: true)
        store.insert(plan)
        lastPlan = plan
        tail = TailWatch(job: film.id, began: now, segments: film.ranges.count)
        for index in workers.indices.dropFirst() where generator.chance(0.1) && workers[index].slowness == 1 {
            slow(index, 20)
        }
        noteHealth()
        try submit(.jobAdded(plan), in: life)
        let limit = now + 900 + 40 * Double(film.ranges.count) * 60 / Double(slots)
        try play(until: limit) { $0.tail.ended != nil }
        try play(until: limit + 100) { $0.store.plans[film.id]?.state == .done }
        try checkEnd()
        try checkBad()
    }

    func watchTail() throws {
        guard let id = tail.job, tail.ended == nil, let scheduler, let state = scheduler.plan(of: id)?.state else {
            return
        }
        let left = scheduler.segmentsLeft(of: id)
        // What waits anew begins the tail anew only where something came to nothing.
        let failures = left.waiting == 0 ? tail.failures : self.failures(of: id)
        if left.waiting > 0, !tail.isBegun || failures > tail.failures {
            (tail.began, tail.segments, tail.failures) = (now, left.waiting + left.leased, failures)
        }
        if left.waiting == 0 { tail.isBegun = true }
        if state != .running { tail.ended = now }
        guard now > tail.began + bound, let snapshot = scheduler.snapshot(of: id) else { return }
        throw Violation("the last job's tail takes more than \(bound) s: \(text(snapshot))")
    }

    private func failures(of job: JobID) -> Int {
        store.plans[job]?.segments.reduce(0) { count, segment in
            count
                + segment.attempts.count {
                    if case .withdrawn = $0.outcome { false } else { $0.outcome != nil && $0.outcome != .accepted }
                }
        } ?? 0
    }

    private var bound: Double { Double(tail.segments) / tail.rate + 2 * tail.slowest + 2 * settings.heartbeat }

    private func noteHealth() {
        let healthy = workers.filter { $0.isHealthy && $0.isAlive }
        tail.rate = healthy.reduce(0) { $0 + Double($1.slots.count) / $1.pace }
        tail.slowest = healthy.map { $0.pace * 1.2 }.max() ?? 0
    }

    private func text(_ snapshot: JobSnapshot) -> String {
        let paces = Dictionary(uniqueKeysWithValues: workers.map { ($0.name, "\($0.pace) s \($0.slowness) times") })
        return snapshot.underWay.map { attempt in
            let expected = attempt.expected.map { "\($0)" } ?? "?"
            return
                "\(attempt.attempt) at \(attempt.worker) (\(paces[attempt.worker] ?? "")): \(attempt.framesDone) frames in "
                + "\(attempt.seconds) s, expected \(expected), begun \(attempt.isBegun), paired \(attempt.isPaired)"
        }.joined(separator: "; ")
    }
}
