import FarmModel
import FarmProtocol

/// What a worker has in hand and what it has still to tell: the decisions, without the work.
///
/// A report of an attempt is kept until the coordinator shows that it knows: `accepted` or `refused` for a result; for a
/// failure the `cancel` that a heartbeat naming an ended attempt brings. So nothing is lost with a connection, and what
/// arrives twice changes nothing, for the attempt's number is the fence.
struct Holdings {
    struct Entry: Equatable {
        var slot: Int
        /// nil while the attempt is being worked on.
        var report: Report?
    }

    struct Report: Equatable {
        var message: WorkerMessage
        /// Said over the connection that stands.
        var isTold = false
    }

    private(set) var entries: [AttemptID: Entry] = [:]
    /// What became of calibrations: told, and told once more after the next welcome, for nothing answers them.
    private(set) var calibrations: [(job: JobID, report: Report)] = []
    /// Attempts that are over, the newest last.
    private var ended: [AttemptID] = []

    private static let remembered = 256
    private static let rememberedCalibrations = 16

    /// Every attempt in hand, in an order that does not change by itself.
    var attempts: [AttemptID] {
        entries.keys.sorted {
            ($0.segment.job.rawValue, $0.segment.index, $0.number)
                < ($1.segment.job.rawValue, $1.segment.index, $1.number)
        }
    }

    /// Nothing is left that the coordinator would miss.
    var isIdle: Bool {
        entries.values.allSatisfy { entry in
            guard let report = entry.report, report.isTold else { return false }
            if case .failure = report.message { return true } else { return false }
        }
    }

    func slot(of attempt: AttemptID) -> Int? { entries[attempt]?.slot }

    /// False where the attempt is in hand already, or was cancelled or answered just before.
    mutating func take(_ attempt: AttemptID, slot: Int) -> Bool {
        guard entries[attempt] == nil, !ended.contains(attempt) else { return false }
        entries[attempt] = Entry(slot: slot)
        return true
    }

    /// Notes what became of the attempt; false where nobody wants to know any more.
    mutating func report(_ message: WorkerMessage, of attempt: AttemptID) -> Bool {
        guard entries[attempt] != nil else { return false }
        entries[attempt]?.report = Report(message: message)
        return true
    }

    /// False where the attempt is not in hand. It will not be taken again.
    mutating func forget(_ attempt: AttemptID) -> Bool {
        ended.removeAll { $0 == attempt }
        ended.append(attempt)
        if ended.count > Self.remembered { ended.removeFirst() }
        return entries.removeValue(forKey: attempt) != nil
    }

    // MARK: Calibrations

    /// What an earlier one of the same job came to says nothing about this one.
    mutating func beginCalibration(of job: JobID) { calibrations.removeAll { $0.job == job } }

    mutating func reportCalibration(of job: JobID, _ message: WorkerMessage) {
        beginCalibration(of: job)
        calibrations.append((job, Report(message: message)))
        if calibrations.count > Self.rememberedCalibrations { calibrations.removeFirst() }
    }

    // MARK: Telling

    /// What a welcomed connection has to be told now; it counts as told.
    mutating func untold() -> [WorkerMessage] {
        var messages: [WorkerMessage] = []
        for index in calibrations.indices where !calibrations[index].report.isTold {
            messages.append(calibrations[index].report.message)
            calibrations[index].report.isTold = true
        }
        for attempt in attempts {
            guard let report = entries[attempt]?.report, !report.isTold else { continue }
            messages.append(report.message)
            entries[attempt]?.report?.isTold = true
        }
        return messages
    }

    /// The connection broke, or nobody knows how much of what was said arrived: all of it is to be said again.
    mutating func untellAll() {
        for attempt in entries.keys { entries[attempt]?.report?.isTold = false }
        for index in calibrations.indices { calibrations[index].report.isTold = false }
    }

    /// A new connection was told of the calibrations; that is all that is owed.
    mutating func forgetToldCalibrations() { calibrations.removeAll { $0.report.isTold } }
}
