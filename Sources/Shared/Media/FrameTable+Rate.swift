public import FarmModel

extension FrameTable {
    /// Frames per second, where all follow each other evenly, give or take what a clock of milliseconds rounds; nil where they do not, or
    /// are too few to tell. Of films whose times were found out, a container's own word may be far off.
    public var evenRate: Rational? {
        guard count > 8, let first = timestamps.first, let last = timestamps.last else { return nil }
        let mean = Double(last - first) / Double(count - 1)
        let slack = max(1, 0.001 / timeBase.value)
        guard mean > 2 * slack,
            zip(timestamps, timestamps.dropFirst()).allSatisfy({ abs(Double($1 - $0) - mean) <= slack })
        else { return nil }
        return Self.standard(1 / (mean * timeBase.value))
    }

    /// The rate that a whole number of frames, or of frames in 1.001 seconds, comes next to; nil where none is near.
    private static func standard(_ rate: Double) -> Rational? {
        let whole = rate.rounded()
        let dropped = (rate * 1.001).rounded()
        let near = [
            (whole, Rational(Int32(clamping: Int(whole)), 1)),
            (dropped / 1.001, Rational(Int32(clamping: Int(dropped) * 1000), 1001)),
        ]
        .filter { $0.0 >= 1 && $0.0 <= 1000 }.min { abs($0.0 - rate) < abs($1.0 - rate) }
        return near.flatMap { abs($0.0 / rate - 1) < 0.002 ? $0.1 : nil }
    }
}
