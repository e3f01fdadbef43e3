import Foundation
import FoundationXML
import Testing

@testable import Comparison

@Suite struct PlotTests {
    /// Elements of the picture, by their class, with what they are drawn of; nil where it is no XML.
    private final class Elements: NSObject, XMLParserDelegate {
        var paths: [String: [String]] = [:]
        var text = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            if name == "path" { paths[attributes["class"] ?? "", default: []].append(attributes["d"] ?? "") }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

        init?(_ svg: String) {
            super.init()
            let parser = XMLParser(data: Data(svg.utf8))
            parser.delegate = self
            guard parser.parse() else { return nil }
        }
    }

    private func comparison(_ count: Int, borders: [Int] = [], cuts: [Int] = []) -> FilmComparison {
        func film(_ path: String, _ error: Double) -> FilmComparison.Film {
            let errors = (0..<count).map { (frame: Int) -> Double? in
                frame == 0 || cuts.contains(frame) ? nil : error + Double(frame % 7) * 1e-5
            }
            return .init(
                path: path, sharpness: 1, warpingError: error, likeness: .init(psnr: 40, ssim: 1),
                perFrame: .init(
                    sharpness: Array(repeating: 1, count: count), warpingError: errors,
                    psnr: Array(repeating: 40, count: count), ssim: Array(repeating: 1, count: count)))
        }
        return FilmComparison(
            frames: count, a: film("/films/a & <b>.mkv", 1e-4), b: film("/films/b.mkv", 2e-4), reference: "r",
            guide: .reference, ratios: .init(), cuts: cuts,
            borders: .init(given: borders, keyframes: ([], []), count: count), seam: nil,
            times: (0..<count).map { Double($0) / 25 }, warnings: [])
    }

    @Test func bordersCutsAndBothFilmsAreDrawn() throws {
        let plot = try #require(Elements(ComparisonPlot(comparison(50, borders: [10, 20], cuts: [30])).svg))
        #expect(plot.text.contains("/films/a & <b>.mkv") && plot.text.contains("0:01"))
        #expect(!plot.text.contains("-0"))
        // In each of two panels, and in the legend.
        #expect(plot.paths["border"]?.count == 2 * 2 + 1 && plot.paths["cut"]?.count == 2 + 1)
        let curves = try #require(plot.paths["a"]?.dropFirst())
        #expect(curves.count == 2 && plot.paths["b"]?.count == 3)
        // The pen is lifted over the cut.
        #expect(curves.first?.count { $0 == "M" } == 2)
        #expect(curves.last?.count { $0 == "M" } == 1)
    }

    /// Two hours: as many points as the picture has columns, and the worst frame is among them.
    @Test func aLongFilmMakesASmallPlot() throws {
        var film = comparison(180_000, borders: Array(stride(from: 250, to: 180_000, by: 250)))
        film.a.perFrame.warpingError[90_000] = 1
        let svg = ComparisonPlot(film).svg
        #expect(svg.utf8.count < 300_000)
        let curve = try #require(Elements(svg)?.paths["a"]?.dropFirst().first)
        // The top of the first panel, but for its room of a twentieth.
        let heights = curve.matches(of: /[ML][\d.]+ ([\d.]+)/).compactMap { Double($0.1) }
        #expect(abs((heights.min() ?? 0) - (300 - 200 / 1.05)) < 0.2, "\(heights.min() ?? 0)")
    }

    @Test(arguments: [0, 1, 2]) func aFilmOfHardlyAnyFramesIsDrawn(_ count: Int) {
        #expect(Elements(ComparisonPlot(comparison(count)).svg) != nil)
    }

    @Test(arguments: [
        (0.0...0.0006, [0, 0.0002, 0.0004, 0.0006]), (0...1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (33...41, [34, 36, 38, 40]),
    ])
    func marksAreRound(_ range: ClosedRange<Double>, _ marks: [Double]) {
        let found = PlotScale(range, from: 0, to: 1).marks(5).values
        #expect(found.count == marks.count && zip(found, marks).allSatisfy { abs($0 - $1) < 1e-9 }, "\(found)")
    }
}
