internal import FarmModel

/// A segment's way: ready or backing off, under way, accepted.
extension JobRun {
    /// Lines about failures that are kept.
    private static let failureLines = 50

    /// The segment may be leased now.
    mutating func makeReady(_ index: Int, now: Double) {
        backingOff[index] = nil
        if plan.segments[index].marks.isEmpty { return fresh.insert(index) }
        marked.insert(index)
        markedSince[index] = now
    }

    mutating func wait(_ index: Int, until time: Double, now: Double) {
        if time <= now { makeReady(index, now: now) } else { backingOff[index] = time }
    }

    /// The segment is given to somebody.
    /// - Returns: the new attempt's record.
    mutating func begin(_ index: Int, worker: String, slot: Int) -> AttemptRecord {
        fresh.remove(index)
        marked.remove(index)
        markedSince[index] = nil
        backingOff[index] = nil
        let record = AttemptRecord(
            number: plan.segments[index].attempts.count + 1, worker: worker, slot: slot,
            extraRunUp: plan.segments[index].extraRunUp)
        plan.segments[index].attempts.append(record)
        open[index, default: []].append(record.number)
        return record
    }

    /// An attempt under way has ended.
    /// - Returns: whether none is left of its segment.
    mutating func end(_ index: Int, _ number: Int, _ outcome: AttemptOutcome) -> Bool {
        plan.segments[index].attempts[number - 1].outcome = outcome
        note(plan.segments[index].attempts[number - 1], index)
        open[index]?.removeAll { $0 == number }
        guard open[index]?.isEmpty == true else { return false }
        open[index] = nil
        return true
    }

    mutating func accept(_ result: SegmentResult) {
        let index = result.attempt.segment.index
        plan.segments[index].result = result
        acceptedCount += 1
        framesAccepted += plan.segments[index].range.count
    }

    mutating func retract(_ index: Int, reason: String, now: Double) {
        guard let result = plan.segments[index].result else { return }
        let range = plan.segments[index].range
        plan.segments[index].result = nil
        plan.segments[index].attempts[result.attempt.number - 1].outcome = .withdrawn(reason: reason)
        plan.struck.removeAll { range.contains($0) }
        acceptedCount -= 1
        framesAccepted -= range.count
        makeReady(index, now: now)
    }

    func isOpen(_ attempt: AttemptID) -> Bool { open[attempt.segment.index]?.contains(attempt.number) == true }

    mutating func note(_ record: AttemptRecord, _ index: Int) {
        guard let outcome = record.outcome else { return }
        guard let reason = outcome.reason, !record.isForgiven else { return }
        failures.append(
            "segment \(index), attempt \(record.number) on \(record.worker), slot \(record.slot): \(reason)")
        if failures.count > 2 * Self.failureLines { failures.removeFirst(Self.failureLines) }
    }

    /// The name of the worker that brought the segment home.
    func accepter(of index: Int) -> String? {
        let segment = plan.segments[index]
        return segment.result.map { segment.attempts[$0.attempt.number - 1].worker }
    }
}

/// A slot that something came to nothing on: by name, so that it outlives the connection.
struct SlotMark: Hashable, Sendable {
    var worker: String
    var slot: Int
}

extension SegmentPlan {
    /// The attempts that count: those since the job was last taken up after failing.
    var counted: [AttemptRecord] { attempts.filter { !$0.isForgiven } }

    /// Slots that had the segment and did not bring it home.
    var marks: [SlotMark] {
        guard !attempts.isEmpty else { return [] }
        return counted.compactMap { record in
            switch record.outcome {
            case .failed, .refused, .incomplete, .lost(_, begun: true):
                SlotMark(worker: record.worker, slot: record.slot)
            case .accepted, .lost, .withdrawn, nil: nil
            }
        }
    }
}
