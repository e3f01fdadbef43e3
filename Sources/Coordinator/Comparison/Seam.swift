/// What can be seen of segments' borders: a's warping error over them against b's, which has none there.
public struct Seam: Codable, Hashable, Sendable {
    public struct Border: Codable, Hashable, Sendable {
        /// The first frame after it.
        public var frame: Int
        /// The warping error between that frame and the one before.
        public var a: Double
        public var b: Double
        /// a over b; nil where b is 0.
        public var figure: Double?

        /// What flickers where nothing did is worse than any figure.
        fileprivate var rank: Double { figure ?? (a > 0 ? .infinity : 0) }
    }

    /// The sum of a's warping errors over the sum of b's: 1 is no seam; nil where b's is 0.
    public var figure: Double?
    /// Those that are no cuts.
    public var borders: [Border]
    /// The border of the highest figure.
    public var worst: Border?

    /// nil where no border is left.
    init?(_ frames: [Int], a: [Double?], b: [Double?]) {
        borders = frames.compactMap { frame in
            guard let a = a[frame], let b = b[frame] else { return nil }
            return Border(frame: frame, a: a, b: b, figure: ratio(a, b))
        }
        guard !borders.isEmpty else { return nil }
        figure = ratio(borders.reduce(0) { $0 + $1.a }, borders.reduce(0) { $0 + $1.b })
        worst = borders.max { $0.rank < $1.rank }
    }
}

/// nil where one is missing, or nothing divides.
func ratio(_ a: Double?, _ b: Double?) -> Double? {
    guard let a, let b, b > 0 else { return nil }
    return a / b
}
