internal import Synchronization

/// What the bulk channel counts, for tests and for whoever wants to know what peers do.
final class BulkCounters: Sendable {
    /// The most chunks that one transfer ever had outstanding.
    let peakOutstanding = Atomic<Int>(0)
    /// Messages that nobody asked for.
    let dropped = Atomic<Int>(0)
    /// Chunks sent.
    let sent = Atomic<Int>(0)

    func notePeak(_ outstanding: Int) {
        if outstanding > peakOutstanding.load(ordering: .relaxed) {
            peakOutstanding.store(outstanding, ordering: .relaxed)
        }
    }
}
