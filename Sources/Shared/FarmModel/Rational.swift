/// A fraction, as in a time base (seconds per tick) or a frame rate (frames per second).
public struct Rational: Codable, Hashable, Sendable {
    public var numerator: Int32
    public var denominator: Int32

    public init(_ numerator: Int32, _ denominator: Int32) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// The value; 0 where the denominator is 0 ("unknown").
    public var value: Double {
        denominator == 0 ? 0 : Double(numerator) / Double(denominator)
    }

    public var inverse: Rational { Rational(denominator, numerator) }
}

extension Rational: CustomStringConvertible {
    public var description: String { "\(numerator)/\(denominator)" }
}
