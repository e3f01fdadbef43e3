internal import CLibAV

/// The times that a film can have. Damaged headers bring others, and sums of such numbers do not fit 64 bits.
enum FilmTime {
    /// Seconds on either side of zero. Unix time fits, but not in nanoseconds: the sum of several times must fit 64 bits.
    static let limit = 4e9

    static func isPossible(_ ticks: Int64, _ base: AVRational) -> Bool {
        ticks.magnitude < 1 << 60 && abs(Double(ticks) * av_q2d(base)) <= limit
    }

    static func clamped(_ seconds: Double) -> Double { max(-limit, min(limit, seconds)) }
}

extension DemuxedPacket {
    /// Takes times that no film has for unknown.
    /// - Parameter base: of the packet's stream.
    func forgetImpossibleTimes(_ base: AVRational) {
        let raw = pointer
        if !FilmTime.isPossible(raw.pointee.pts, base) { raw.pointee.pts = av_shim_nopts }
        if !FilmTime.isPossible(raw.pointee.dts, base) { raw.pointee.dts = av_shim_nopts }
        if raw.pointee.duration < 0 || !FilmTime.isPossible(raw.pointee.duration, base) { raw.pointee.duration = 0 }
    }
}
