/// A half-open range `[first, end)` of the film's frames in presentation order.
public struct FrameRange: Codable, Hashable, Sendable {
    public var first: Int
    public var end: Int

    public init(_ first: Int, _ end: Int) {
        precondition(first <= end, "a frame range must not end before it starts")
        self.first = first
        self.end = end
    }

    public var count: Int { end - first }
    public var isEmpty: Bool { first == end }

    public func contains(_ frame: Int) -> Bool { first <= frame && frame < end }

    /// This range with `frames` more on either side, kept inside `limit`.
    public func widened(by frames: Int, within limit: FrameRange) -> FrameRange {
        FrameRange(max(limit.first, first - frames), min(limit.end, end + frames))
    }
}

extension FrameRange: CustomStringConvertible {
    public var description: String { "[\(first), \(end))" }
}
