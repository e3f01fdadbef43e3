internal import FarmModel

/// What is to be looked at when its time has come. It may have become void by then, or be due later: whoever is
/// reminded looks.
enum Reminder: Hashable, Sendable {
    case lease(AttemptID)
    case orphan(AttemptID)
    case backOff(SegmentID)
    case calibrationWait(JobID)
    case calibration(JobID, SlotRef)
    case join(JobID)
    case silence(worker: Int)
    case unclaimed(worker: Int)
    case forget(name: String)
}

/// Reminders by time; those of the same time in the order they were put in.
struct TimerQueue: Sendable {
    private struct Entry: Sendable {
        var time: Double
        var number: Int
        var reminder: Reminder

        func precedes(_ other: Entry) -> Bool { (time, number) < (other.time, other.number) }
    }

    private var heap: [Entry] = []
    private var number = 0

    mutating func add(_ reminder: Reminder, at time: Double) {
        number += 1
        heap.append(Entry(time: time, number: number, reminder: reminder))
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the first reminder whose time has come.
    mutating func next(at now: Double) -> Reminder? {
        guard let first = heap.first, first.time <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.reminder
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].precedes(heap[least]) { least = child }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
