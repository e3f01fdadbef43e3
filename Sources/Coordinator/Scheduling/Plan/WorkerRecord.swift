public import FarmProtocol
public import Foundation

/// What the queue store keeps of a worker, by its name, so that it outlives both sides' restarts.
public struct WorkerRecord: Codable, Hashable, Sendable {
    public var name: String
    public var firstSeen: Date
    /// When its newest process said hello.
    public var lastSeen: Date
    /// What that process said; nil where an operator named a worker that never came.
    public var hello: WorkerHello?
    /// An operator wants it to take no more.
    public var isDrained: Bool
    /// Why it is set aside; nil: it is trusted.
    public var asideReason: String?

    public init(
        name: String, firstSeen: Date = .distantPast, lastSeen: Date = .distantPast, hello: WorkerHello? = nil,
        isDrained: Bool = false, asideReason: String? = nil
    ) {
        self.name = name
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.hello = hello
        self.isDrained = isDrained
        self.asideReason = asideReason
    }
}
