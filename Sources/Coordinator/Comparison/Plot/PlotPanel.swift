internal import Foundation

/// One figure over time, of both films.
struct PlotPanel {
    struct Line {
        /// Its class in the style sheet.
        var name: String
        /// One a frame; nil: none is drawn.
        var values: [Double?]
    }

    var title: String
    var lines: [Line]
    /// Whether zero is the least that is shown.
    var startsAtZero: Bool
    /// Of frames that share a column of pixels, the one shown: the worst.
    var worst: @Sendable (Double, Double) -> Double

    static let height = 200.0

    /// - Parameters:
    ///   - top: its upper edge, in pixels.
    ///   - x: where each frame is, in pixels, ascending.
    func svg(top: Double, x: [Double], time: PlotScale) -> String {
        let bottom = top + Self.height
        let scale = PlotScale(range ?? 0...1, from: bottom, to: top)
        let marks = range == nil ? [] : scale.marks(5).values
        let grid = marks.map { value in
            let y = pixel(scale.pixel(value))
            return """
                <line class="grid" x1="\(pixel(time.pixels.from))" x2="\(pixel(time.pixels.to))" y1="\(y)" y2="\(y)"/>\
                <text class="end" x="\(pixel(time.pixels.from - 8))" y="\(pixel(scale.pixel(value) + 4))">\(Self.text(value))</text>
                """
        }
        let curves = lines.map { line in
            "<path class=\"\(line.name)\" d=\"\(path(line.values, x: x, scale: scale))\"/>"
        }
        let title = "<text class=\"title\" x=\"\(pixel(time.pixels.from))\" y=\"\(pixel(top - 8))\">\(title)</text>"
        return ([title] + grid + curves).joined(separator: "\n")
    }

    /// nil where there is nothing to draw.
    private var range: ClosedRange<Double>? {
        let values = lines.flatMap(\.values).compactMap(\.self)
        guard let least = values.min(), let most = values.max() else { return nil }
        let room = (most - (startsAtZero ? 0 : least)) * 0.05
        return (startsAtZero ? 0 : least - room)...(most + room)
    }

    /// Pen down from frame to frame, up where there is no value.
    private func path(_ values: [Double?], x: [Double], scale: PlotScale) -> String {
        var text = ""
        var isDown = false
        for (column, value) in columns(values, x: x) {
            guard let value else {
                isDown = false
                continue
            }
            text += "\(isDown ? "L" : "M")\(pixel(column)) \(pixel(scale.pixel(value)))"
            // A value between two gaps is a dot.
            if !isDown { text += "h0.01" }
            isDown = true
        }
        return text
    }

    /// One value a column of pixels where there are more frames than columns.
    private func columns(_ values: [Double?], x: [Double]) -> [(x: Double, value: Double?)] {
        guard let last = x.last, let first = x.first, Double(x.count) > last - first else {
            return Array(zip(x, values)).map { ($0, $1) }
        }
        var columns: [(x: Double, value: Double?)] = []
        for (x, value) in zip(x, values) {
            if let shown = columns.last, shown.x == x.rounded() {
                if let value { columns[columns.count - 1].value = shown.value.map { worst($0, value) } ?? value }
            } else {
                columns.append((x.rounded(), value))
            }
        }
        return columns
    }

    private static func text(_ value: Double) -> String { String(format: "%g", (value * 1e9).rounded() / 1e9) }
}

/// To a tenth, which nobody sees.
func pixel(_ value: Double) -> String { String(format: "%.1f", value) }
