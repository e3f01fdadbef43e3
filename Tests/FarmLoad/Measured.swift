import Foundation

/// What was seen within a window of time.
struct Measured: Codable {
    /// Results that were accepted.
    var cycles = 0
    var refused = 0
    var cancelled = 0
    /// Of the window.
    var seconds = 0.0
    /// CPU time of the load's own processes.
    var cpuSeconds = 0.0
    /// Milliseconds from the offer of a segment's bytes to `received`: sent, hashed, and on the coordinator's disk.
    var deliver: [Double] = []
    /// From `result` to `accepted`: checked and committed.
    var commit: [Double] = []
    /// From `result` to the next lease: how long the place stays empty.
    var lease: [Double] = []

    mutating func add(_ other: Measured) {
        cycles += other.cycles
        refused += other.refused
        cancelled += other.cancelled
        seconds = max(seconds, other.seconds)
        cpuSeconds += other.cpuSeconds
        deliver += other.deliver
        commit += other.commit
        lease += other.lease
    }

    var rate: Double { seconds > 0 ? Double(cycles) / seconds : 0 }
}

/// Median, 99th percentile and maximum, in milliseconds.
struct Spread: Codable {
    var median = 0.0
    var p99 = 0.0
    var max = 0.0

    init(_ values: [Double]) {
        let sorted = values.sorted()
        guard let last = sorted.last else { return }
        (median, p99, max) = (sorted[sorted.count / 2], sorted[sorted.count * 99 / 100], last)
    }
}

enum Now {
    /// Seconds of a clock that never goes back.
    static var seconds: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

    /// CPU seconds of this process so far.
    static var cpu: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6
    }
}
