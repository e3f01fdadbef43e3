internal import Foundation

/// Maps values to a line of pixels, and says where it is marked.
struct PlotScale {
    let values: ClosedRange<Double>
    /// The pixels of the least and of the greatest value.
    let pixels: (from: Double, to: Double)

    init(_ values: ClosedRange<Double>, from: Double, to: Double) {
        let isEmpty = values.lowerBound == values.upperBound
        self.values = isEmpty ? values.lowerBound...(values.lowerBound + 1) : values
        pixels = (from, to)
    }

    func pixel(_ value: Double) -> Double {
        let share = (value - values.lowerBound) / (values.upperBound - values.lowerBound)
        return pixels.from + share * (pixels.to - pixels.from)
    }

    /// Round values, about `count` of them, `step` apart: 1, 2 or 5 times a power of ten; of seconds those of clocks.
    func marks(_ count: Double, isClock: Bool = false) -> (step: Double, values: [Double]) {
        let least = (values.upperBound - values.lowerBound) / count
        let power = pow(10, floor(log10(least)))
        let clock = [1.0, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000]
        let round = [1, 2, 5, 10].map { $0 * power }
        let step = (isClock && least > 0.5 ? clock : round).first { $0 >= least } ?? round[3]
        // A mark at the very end is one in spite of rounding; and zero has no sign.
        let first = (values.lowerBound / step - 1e-9).rounded(.up)
        let last = (values.upperBound / step + 1e-9).rounded(.down)
        guard first <= last else { return (step, []) }
        return (step, stride(from: first, through: last, by: 1).map { $0 * step + 0 })
    }
}
