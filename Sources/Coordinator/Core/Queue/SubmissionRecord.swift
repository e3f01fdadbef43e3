public import FarmModel
public import Foundation

/// A film that was handed in and is not a job yet: it waits to be read, or could not be.
public struct SubmissionRecord: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable { case queued, failed }

    /// The job that it will become.
    public var id: JobID
    public var owner: String?
    /// What was asked for, as JSON; the queue does not look inside.
    public var request: String
    public var state: State
    /// Why it failed.
    public var reason: String?
    /// The place in the order of submission, among jobs too; set by the store.
    public var order: Int64
    /// Set by the store.
    public var created: Date

    public init(
        id: JobID, owner: String?, request: String, state: State = .queued, reason: String? = nil, order: Int64 = 0,
        created: Date = .distantPast
    ) {
        self.id = id
        self.owner = owner
        self.request = request
        self.state = state
        self.reason = reason
        self.order = order
        self.created = created
    }
}
