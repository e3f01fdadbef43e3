import FarmModel

extension VideoStream {
    /// What the frames' times say counts more than a nominal rate that is plainly another.
    mutating func correctRate(_ seen: Rational?) {
        guard let seen else { return }
        let said = frameRate.numerator > 0 && frameRate.denominator > 0 ? frameRate.value : 0
        if abs(said / seen.value - 1) > 0.05 { frameRate = seen }
    }
}
