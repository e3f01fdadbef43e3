/// How often a worker is to give a sign: often enough to show how far it is, and not so often that a large farm's coordinator is
/// busy with signs.
struct HeartbeatPace {
    /// Seconds, in a small farm.
    let usual: Double
    /// Seconds without a sign after which a lease lapses.
    let leaseLifetime: Double

    /// Signs a second of all workers together.
    private static let most = 200.0
    /// Signs in a lease's lifetime: some may get lost.
    private static let fewest = 6.0

    /// Seconds between a worker's heartbeats, where there are so many workers.
    func interval(workers: Int) -> Double {
        max(usual, min(Double(workers) / Self.most, leaseLifetime / Self.fewest))
    }
}
