public import FarmModel
public import Foundation

/// One line of what happened to a job or to a worker.
public struct HistoryEntry: Codable, Hashable, Sendable {
    /// Ascending with time, over all jobs and workers.
    public var number: Int64
    public var time: Date
    public var job: JobID?
    public var segment: Int?
    public var attempt: Int?
    public var worker: String?
    /// The name of the change: `leased`, `accepted`, …
    public var kind: String
    public var detail: String
}
