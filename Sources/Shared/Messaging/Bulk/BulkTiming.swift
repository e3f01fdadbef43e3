/// How long the bulk channel waits.
public struct BulkTiming: Hashable, Sendable {
    /// Silence after which something is asked, or offered, again.
    public var retry: Duration
    /// Silence after which a transfer fails.
    public var giveUp: Duration

    public init(retry: Duration = .seconds(3), giveUp: Duration = .seconds(60)) {
        self.retry = retry
        self.giveUp = giveUp
    }
}
