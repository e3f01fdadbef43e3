/// A half-open range `[first, end)` of the film's frames in presentation order.
public struct FrameRange: Codable, Hashable, Sendable {
    public var first: Int
    public var end: Int

    public init(_ first: Int, _ end: Int) {
        precondition(first <= end, "a frame range must not end before it starts")
        self.first = first
        self.end = end
    }

    /// - Throws: `DecodingError` for a range that ends before it starts or before the film does.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let (first, end) = (
            try container.decode(Int.self, forKey: .first), try container.decode(Int.self, forKey: .end)
        )
        guard 0 <= first, first <= end, end <= Self.largest else {
            throw DecodingError.dataCorruptedError(
                forKey: .end, in: container, debugDescription: "[\(first), \(end)) is no frame range")
        }
        self.init(first, end)
    }

    private enum CodingKeys: String, CodingKey { case first, end }

    /// No film has more frames; a bound against numbers from the network that would overflow.
    private static let largest = 1 << 40

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
