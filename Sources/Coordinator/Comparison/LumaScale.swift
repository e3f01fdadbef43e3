internal import FarmModel

/// How a film's samples become luma on the scale that all films are brought to: offset + the sum of weight times sample.
struct LumaScale {
    /// Of the planes.
    let weights: (Double, Double, Double)
    let offset: Double

    var isOfThreePlanes: Bool { weights.1 != 0 }

    /// Whose code values all films are brought to.
    struct Target {
        /// Luma of 0 to 255, and not of 16 to 235.
        var isFullRange: Bool
        /// MatrixCoefficients of H.273, by whose weights RGB becomes luma.
        var matrix: Int

        /// The first film's range; the matrix of the first that has one.
        init(_ formats: [PictureFormat]) {
            isFullRange = formats.first?.color.isFullRange ?? false
            let known = formats.first { $0.layout.family != .rgb }
            matrix = known.map { $0.color.effectiveMatrix(height: $0.height) } ?? 1
        }
    }

    /// Ten bits of limited range are a quarter of their code value, so that nothing is rounded, and 8 bits stay as they are.
    init(of format: PictureFormat, to target: Target) {
        let depth = format.layout.bitDepth
        let range = target.isFullRange ? 255.0 : 219
        let black = target.isFullRange ? 0.0 : 16
        let steps = format.color.isFullRange ? Double(1 << depth - 1) : Double(219 << (depth - 8))
        let gain = range / steps
        offset = format.color.isFullRange ? black : black - range * 16 / 219
        guard format.layout.family == .rgb else {
            weights = (gain, 0, 0)
            return
        }
        // Planes G, B, R.
        let (red, blue) = Self.weights(target.matrix)
        weights = (gain * (1 - red - blue), gain * blue, gain * red)
    }

    /// KR and KB of H.273.
    private static func weights(_ matrix: Int) -> (red: Double, blue: Double) {
        switch matrix {
        case 4: (0.30, 0.11)
        case 5, 6: (0.299, 0.114)
        case 7: (0.212, 0.087)
        case 9, 10: (0.2627, 0.0593)
        default: (0.2126, 0.0722)
        }
    }
}
