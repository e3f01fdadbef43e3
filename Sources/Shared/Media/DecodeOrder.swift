/// The decoding timestamps of a whole film, made anew from the presentation timestamps of its joined segments.
///
/// Each encoder knows only its own segment, so the decoding timestamps that encoders give collide at joins. Over the
/// whole film, with D the most places that a packet stands behind its place in presentation order,
/// `dts[i] = sorted pts[i − D]`, and before that the first timestamp counted back in nominal steps: strictly ascending,
/// and never above the pts, for constant and variable frame rates and for segments of a single frame.
public struct DecodeOrder: Sendable {
    /// D: packets that a decoder holds back to put pictures into order.
    public let delay: Int
    /// Presentation timestamps, ascending.
    public let timestamps: [Int64]
    /// Nominal ticks from one frame to the next.
    private let step: Int64
    /// Until when the last frame is shown.
    private let end: Int64?

    /// - Parameters:
    ///   - presentation: the packets' presentation timestamps in decode order.
    ///   - step: nominal ticks from one frame to the next, at least 1.
    ///   - end: until when the last frame is shown. Little more than a step, or nothing, is a step: containers round.
    /// - Throws: `MediaError` where two packets have the same timestamp.
    public init(presentation: [Int64], step: Int64, end: Int64? = nil) throws {
        let sorted = presentation.sorted()
        if let twice = zip(sorted, sorted.dropFirst()).first(where: { $0 == $1 }) {
            throw MediaError(.output, "two frames of the film have the timestamp \(twice.0)")
        }
        timestamps = sorted
        let step = max(1, step)
        self.step = step
        self.end = end.flatMap { end in sorted.last.map { end - $0 > step * 3 / 2 } == true ? end : nil }
        delay = presentation.indices.reduce(0) { max($0, $1 - Self.rank(of: presentation[$1], in: sorted)) }
    }

    public var count: Int { timestamps.count }

    /// The decoding timestamp of packet `index` of the film, in decode order.
    public func decoding(_ index: Int) -> Int64 {
        index < delay ? timestamps[0] - step * Int64(delay - index) : timestamps[index - delay]
    }

    /// Ticks until the next frame is shown; of the last frame, until the film's end.
    public func duration(ofFrameAt timestamp: Int64) -> Int64 {
        let next = Self.rank(of: timestamp, in: timestamps) + 1
        return next < count ? timestamps[next] - timestamp : end.map { $0 - timestamp } ?? step
    }

    /// Whether frames follow each other at one rate, give or take the tick that rounding costs, and the last does not stay.
    public var isConstantRate: Bool {
        guard let first = timestamps.first, let last = timestamps.last, count > 1 else { return true }
        let mean = Double(last - first) / Double(count - 1)
        if end != nil { return false }
        return zip(timestamps, timestamps.dropFirst()).allSatisfy { abs(Double($1 - $0) - mean) <= 1 }
    }

    /// How many of `sorted` lie below `value`.
    private static func rank(of value: Int64, in sorted: [Int64]) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
