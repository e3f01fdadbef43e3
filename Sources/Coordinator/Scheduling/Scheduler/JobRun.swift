internal import FarmModel

/// The order in which jobs are worked on: priority, then age.
struct JobKey: Hashable, Comparable, Sendable {
    var priority: Int
    var order: Int64
    /// Counts the jobs that were added.
    var added: Int
    var id: JobID

    static func < (left: JobKey, right: JobKey) -> Bool {
        (-left.priority, left.order, left.added) < (-right.priority, right.order, right.added)
    }
}

/// Something under way in one of its job's lists for the tail, by when a slot is expected to begin or to finish it.
struct TailKey: Hashable, Comparable, Sendable {
    var time: Double
    var index: Int
    /// Of the attempt that is held for later; 0 of what has begun.
    var number: Int

    static func < (left: TailKey, right: TailKey) -> Bool {
        (left.time, left.index, left.number) < (right.time, right.index, right.number)
    }
}

struct JobRun: Sendable {
    var plan: JobPlan
    var key: JobKey
    /// The pool of the slots that can work on it; nil once it ended.
    var pool: Int?
    /// Segments that may be leased now, and that nothing came to nothing of.
    var fresh: IndexTree
    /// Segments that may be leased now and had an attempt that came to nothing: some slots are better than others.
    var marked = SortedList<Int>()
    /// Since when they are so.
    var markedSince: [Int: Double] = [:]
    /// Those that a reminder is set for.
    var isReminded: Set<Int> = []
    /// Segments that wait for a time.
    var backingOff: [Int: Double] = [:]
    /// The numbers of the attempts under way, orphans among them.
    var open: [Int: [Int]] = [:]
    /// Attempts that slots hold for later, by when they will come to them.
    var prefetched = SortedList<TailKey>()
    /// Segments that slots are at work on, by when the first of them will be through, and where each stands.
    var begun = SortedList<TailKey>()
    var begunKeys: [Int: TailKey] = [:]
    var acceptedCount = 0
    var framesTotal = 0
    var framesAccepted = 0
    var calibration = CalibrationRun()
    /// Lines about what came to nothing, the newest last.
    var failures: [String] = []
    /// Why joining waits for space; nil while it does not.
    var joinHold: String?
    /// `jobReady` was said and not answered yet.
    var isJoining = false
    var isListedReady = false
    var isListedTail = false

    init(plan: JobPlan, key: JobKey, now: Double) {
        self.plan = plan
        self.key = key
        fresh = IndexTree(bound: plan.segments.count)
        for (index, segment) in plan.segments.enumerated() { take(segment, index, now) }
    }

    private mutating func take(_ segment: SegmentPlan, _ index: Int, _ now: Double) {
        framesTotal += segment.range.count
        for record in segment.attempts { note(record, index) }
        if segment.result != nil {
            acceptedCount += 1
            framesAccepted += segment.range.count
            return
        }
        let open = segment.attempts.filter { $0.outcome == nil }.map(\.number)
        if open.isEmpty { makeReady(index, now: now) } else { self.open[index] = open }
    }

    var id: JobID { plan.id }
    var waitingCount: Int { fresh.count + marked.count + backingOff.count }
    /// May be given leases.
    var isLeasable: Bool { plan.state == .running && !plan.isPaused && plan.shape != nil }
}

/// The search for a job's execution shape.
struct CalibrationRun: Sendable {
    var holder: SlotRef?
    /// The worker that found the shape, in this life of the coordinator.
    var finder: String?
    var notBefore = 0.0
    /// When a reminder is set for.
    var reminded = 0.0
    var failures: [String] = []
    var losses: [String] = []
    /// Slots where it failed, and where it came to nothing.
    var failed: [SlotMark] = []
    var marks: [SlotMark] = []
}
