internal import Foundation

/// A comparison drawn over time, as an SVG picture that fits light pages and dark ones.
public struct ComparisonPlot {
    private let comparison: FilmComparison
    private let x: [Double]
    private let time: PlotScale
    private let isTimed: Bool

    private static let width = 1000.0
    private static let left = 70.0
    private static let right = 980.0
    private static let top = 100.0
    private static let gap = 50.0
    /// More borders than this are marked at the edge and not by lines.
    private static let mostLines = 60

    public init(_ comparison: FilmComparison) {
        self.comparison = comparison
        let times = comparison.times ?? []
        isTimed = times.count > 1 && zip(times, times.dropFirst()).allSatisfy { $0 < $1 }
        let places = isTimed ? times : (0..<comparison.frames).map(Double.init)
        let time = PlotScale(0...(places.last ?? 1), from: Self.left, to: Self.right)
        self.time = time
        x = places.map(time.pixel)
    }

    /// The whole document.
    public var svg: String {
        let panels = panels
        let tops = panels.indices.map { Self.top + Double($0) * (PlotPanel.height + Self.gap) }
        let bottom = (tops.last ?? Self.top) + PlotPanel.height
        let size = "\(Int(Self.width)) \(Int(bottom + 50))"
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="\(Int(Self.width))" height="\(Int(bottom + 50))" role="img">
            <style>\(Self.style)</style>
            <rect class="page" width="100%" height="100%"/>
            \(heading)
            \(zip(panels, tops).map { edge(top: $1) + "\n" + $0.svg(top: $1, x: x, time: time) }.joined(separator: "\n"))
            \(axis(bottom: bottom))
            </svg>

            """
    }

    private var panels: [PlotPanel] {
        let (a, b) = (comparison.a.perFrame, comparison.b.perFrame)
        let against = comparison.guide == .b ? "A against B" : "against the reference"
        let likeness = [
            b.psnr.map { PlotPanel.Line(name: "b", values: $0) }, a.psnr.map { .init(name: "a", values: $0) },
        ]
        .compactMap(\.self)
        let gaps = likeness.contains { $0.values.contains(nil) } ? " (none where nothing differs)" : ""
        return [
            PlotPanel(
                title: "warping error (E_warp) from the frame before",
                lines: [.init(name: "b", values: b.warpingError), .init(name: "a", values: a.warpingError)],
                startsAtZero: true, worst: { max($0, $1) }),
            PlotPanel(
                title: "PSNR of luma in dB, \(against)\(gaps)", lines: likeness, startsAtZero: false,
                worst: { min($0, $1) }),
        ]
    }

    // MARK: Around the curves

    private var heading: String {
        var lines = [
            "<path class=\"a\" d=\"M70 28h30\"/><text x=\"108\" y=\"32\">A  \(Self.name(comparison.a.path))</text>",
            "<path class=\"b\" d=\"M70 48h30\"/><text x=\"108\" y=\"52\">B  \(Self.name(comparison.b.path))</text>",
        ]
        if !comparison.borders.frames.isEmpty {
            lines.append(
                "<path class=\"border\" d=\"M780 28h30\"/><text x=\"818\" y=\"32\">borders of A's segments</text>")
        }
        if !comparison.cuts.isEmpty {
            lines.append("<path class=\"cut\" d=\"M780 48h30\"/><text x=\"818\" y=\"52\">scene cuts, left out</text>")
        }
        return lines.joined(separator: "\n")
    }

    /// Borders and cuts on one panel.
    private func edge(top: Double) -> String {
        let borders = comparison.borders.frames
        let length = borders.count > Self.mostLines ? 8 : PlotPanel.height
        let marks =
            borders.map { (name: "border", x: x[$0], from: top, length: length) }
            + comparison.cuts.map { (name: "cut", x: x[$0], from: top + PlotPanel.height - 8, length: 8.0) }
        return marks.map { "<path class=\"\($0.name)\" d=\"M\(pixel($0.x)) \(pixel($0.from))v\(pixel($0.length))\"/>" }
            .joined(separator: "\n")
    }

    private func axis(bottom: Double) -> String {
        let marks = time.marks(8, isClock: isTimed)
        let texts = marks.values.map { value in
            let x = pixel(time.pixel(value))
            return """
                <line class="grid" x1="\(x)" x2="\(x)" y1="\(pixel(bottom))" y2="\(pixel(bottom + 5))"/>\
                <text class="middle" x="\(x)" y="\(pixel(bottom + 20))">\(isTimed ? Self.clock(value, step: marks.step) : "\(Int(value))")</text>
                """
        }
        let unit = isTimed ? "time, minutes:seconds" : "frame"
        return texts.joined(separator: "\n")
            + "\n<text class=\"middle\" x=\"\(pixel((Self.left + Self.right) / 2))\" y=\"\(pixel(bottom + 40))\">\(unit)</text>"
    }

    private static func clock(_ seconds: Double, step: Double) -> String {
        let (minutes, rest) = (Int(seconds / 60), seconds.truncatingRemainder(dividingBy: 60))
        return step < 1 ? String(format: "%d:%05.2f", minutes, rest) : String(format: "%d:%02.0f", minutes, rest)
    }

    /// The end of a path, which tells more than its beginning: there is room for so much.
    private static func name(_ path: String) -> String {
        let text = path.count > 80 ? "…" + path.suffix(79) : path
        let words = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return String(String.UnicodeScalarView(words.unicodeScalars.filter { $0.value >= 32 }))
    }

    /// The colours differ in lightness too, and A's line is the thinner one, drawn over B's.
    private static let style = """
        text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}
        .page{fill:#fff}.grid{stroke:#d0d7de;stroke-width:1}path{fill:none;stroke-linecap:round;stroke-linejoin:round}
        .a{stroke:#0550ae;stroke-width:1.4}.b{stroke:#f0883e;stroke-width:3}
        .border{stroke:#8250df;stroke-width:1.2;stroke-dasharray:4 3;stroke-linecap:butt}.cut{stroke:#57606a;stroke-width:2;stroke-linecap:butt}
        @media(prefers-color-scheme:dark){text{fill:#e6edf3}.page{fill:#0d1117}.grid{stroke:#30363d}
        .a{stroke:#a5d6ff}.b{stroke:#bc6a1c}.border{stroke:#d2a8ff}.cut{stroke:#9198a1}}
        """
}
