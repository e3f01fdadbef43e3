/// How long the bulk channel waits.
public struct BulkTiming: Hashable, Sendable {
    /// Silence after which something is asked, or offered, again.
    public var retry: Duration
    /// Silence after which a transfer fails.
    public var giveUp: Duration

    /// Silence after which a server closes the file of a resumable transfer, which may still go on.
    public var idle: Duration
    /// How long a server waits for a resumable blob that nobody offers.
    public var forget: Duration

    public init(
        retry: Duration = .seconds(3), giveUp: Duration = .seconds(60), idle: Duration = .seconds(300),
        forget: Duration = .seconds(3600)
    ) {
        self.retry = retry
        self.giveUp = giveUp
        self.idle = idle
        self.forget = forget
    }
}
