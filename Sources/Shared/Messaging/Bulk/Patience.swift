/// How long a transfer waits for a coordinator that gives no sign before it fails.
public enum Patience: Hashable, Sendable {
    /// As long as the channel's `BulkTiming` says.
    case usual
    case atMost(Duration)
    /// Until it is cancelled.
    case forever

    func limit(_ timing: BulkTiming) -> Duration? {
        switch self {
        case .usual: timing.giveUp
        case .atMost(let duration): duration
        case .forever: nil
        }
    }
}
