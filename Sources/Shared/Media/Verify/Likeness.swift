/// What of a picture is another's.
enum Likeness {
    /// All that an upscale leaves as it is.
    case alike
    /// Its brightness, but not its colours.
    case discolored
    /// Nothing.
    case foreign
}

extension Thumbnail {
    /// Networks and encoders change brightness and contrast a little: what they leave is where it is bright and where it is dark. A mean
    /// that lies further away is another picture's.
    private static let farBrightness: Float = 48
    /// Of the deviation from the mean: below it where things are tells nothing.
    private static let contrast: Float = 8
    /// A picture has at least so much of the source's contrast; and of one without, at most so much.
    private static let (leastShare, mostOfNone): (Float, Float) = (0.25, 24)
    /// Of brightness: noise that was blurred by four pixels has 0.82 with itself, and test pictures 0.64 at most with each other.
    private static let leastCorrelation: Float = 0.6
    /// Below it the source has hardly a colour.
    private static let saturation: Float = 10
    /// Of colours, about gray.
    private static let leastHue: Float = 0.5

    /// Whether this can be that picture of the source, however much brighter or sharper it became.
    func likeness(to source: Thumbnail) -> Likeness {
        guard values.count == source.values.count, !values.isEmpty else { return .alike }
        let (mean, theirMean) = (Self.mean(values), Self.mean(source.values))
        if abs(mean - theirMean) > Self.farBrightness { return .foreign }
        let light = Agreement(values, around: mean, source.values, around: theirMean)
        if light.theirs <= Self.contrast {
            if light.mine > light.theirs + Self.mostOfNone { return .foreign }
        } else if light.mine < light.theirs * Self.leastShare || light.correlation < Self.leastCorrelation {
            return .foreign
        }
        guard colors.count == source.colors.count, !colors.isEmpty else { return .alike }
        let hue = Agreement(colors, around: 0, source.colors, around: 0)
        guard hue.theirs > Self.saturation else { return .alike }
        return hue.mine < hue.theirs * Self.leastShare || hue.correlation < Self.leastHue ? .discolored : .alike
    }

    private static func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(max(1, values.count)) }
}

/// How far two rows of as many numbers go up and down together.
private struct Agreement {
    /// Deviations.
    let mine: Float
    let theirs: Float
    /// -1 to 1.
    let correlation: Float

    init(_ values: [Float], around mean: Float, _ others: [Float], around otherMean: Float) {
        var (square, otherSquare, product): (Float, Float, Float) = (0, 0, 0)
        values.withUnsafeBufferPointer { values in
            others.withUnsafeBufferPointer { others in
                for index in values.indices {
                    let (value, other) = (values[index] - mean, others[index] - otherMean)
                    square += value * value
                    otherSquare += other * other
                    product += value * other
                }
            }
        }
        let count = Float(max(1, values.count))
        (mine, theirs) = ((square / count).squareRoot(), (otherSquare / count).squareRoot())
        let norm = (square * otherSquare).squareRoot()
        correlation = norm > 0 ? product / norm : 0
    }
}
