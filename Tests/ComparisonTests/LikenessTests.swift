import Foundation
import TestSupport
import Testing

@testable import Comparison

/// PSNR, SSIM and sharpness, against figures that were come by in other ways.
@Suite struct LikenessTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func film(_ name: String, _ encoder: [String]) async throws -> String {
        let path = folder.path(name)
        try await ffmpeg(
            ["-f", "lavfi", "-i", "testsrc2=size=128x96:rate=25,noise=alls=12:allf=t:all_seed=3", "-frames:v", "12"]
                + encoder + [path])
        return path
    }

    private func lossless(_ pixels: String) async throws -> String {
        try await film("\(pixels).mkv", ["-pix_fmt", pixels, "-c:v", "ffv1"])
    }

    @Test func aFilmIsLikeItself() async throws {
        let path = folder.path("a.mkv")
        try await DrawnFilm.panning(6).noisy(4, seed: 1).write(path)
        let same = try FilmComparer.compare(.init(a: path, b: path, borders: [2, 4]))
        #expect(same.frames == 6 && same.a.perFrame.ssim == [1, 1, 1, 1, 1, 1])
        #expect(same.a.likeness == .init(psnr: nil, ssim: 1) && same.b.likeness == nil)
        #expect(same.ratios == .init(sharpness: 1, warpingError: 1))
        #expect(same.seam?.figure == 1 && same.seam?.borders.map(\.frame) == [2, 4])
        let json = try #require(
            JSONSerialization.jsonObject(with: try JSONEncoder().encode(same)) as? [String: Any])
        let likeness = try #require((json["a"] as? [String: Any])?["likeness"] as? [String: Any])
        #expect(likeness["psnr"] is NSNull && likeness["ssim"] as? Double == 1)
        #expect(try JSONDecoder().decode(FilmComparison.self, from: try JSONEncoder().encode(same)) == same)
    }

    /// ffmpeg's filters: PSNR to the digits that they print; SSIM of another window, 8x8 without weights, to 0.02.
    @Test(arguments: [("yuv420p", 255.0), ("yuv420p10le", 1023.0 / 4)])
    func ffmpegMeasuresTheSame(_ pixels: String, _ peak: Double) async throws {
        let original = try await lossless(pixels)
        let coded = try await film(
            "coded.mkv", ["-pix_fmt", pixels, "-c:v", "libx264", "-preset", "veryfast", "-crf", "30"])
        let figures = try FilmComparer.compare(.init(a: coded, b: coded, reference: original)).a
        let psnr = try #require(figures.likeness?.psnr)
        // Its peak of 10 bit is 1023, ours is four times 255, as of 8 bit.
        #expect(abs(psnr + 20 * log10(peak / 255) - (try await filter("psnr", "PSNR y:", coded, original))) < 1e-5)
        let ssim = try #require(figures.likeness?.ssim)
        #expect(abs(ssim - (try await filter("ssim", "SSIM Y:", coded, original))) < 0.02 && ssim < 0.99)
    }

    private func filter(_ name: String, _ label: String, _ film: String, _ original: String) async throws -> Double {
        let log = folder.path("log")
        let command = "ffmpeg -nostdin -i \"$1\" -i \"$2\" -lavfi \"[0:v][1:v]$3\" -f null - 2>\"$4\""
        try await run("sh", ["-c", command, "sh", film, original, name, log])
        let text = try String(contentsOfFile: log, encoding: .utf8)
        let tail = try #require(text.range(of: label).map { text[$0.upperBound...] })
        return try #require(Double(tail.prefix { $0.isNumber || $0 == "." }))
    }

    /// The formula as Wang et al. print it, window by window.
    @Test func ssimIsThePapers() async throws {
        let original = DrawnFilm.panning(1)
        let noisy = original.noisy(9, seed: 2)
        let paths = [folder.path("a.mkv"), folder.path("b.mkv")]
        try await noisy.write(paths[0])
        try await original.write(paths[1])
        let measured = try #require(try FilmComparer.compare(.init(a: paths[0], b: paths[1])).a.likeness?.ssim)
        let expected = PlainSSIM.of(noisy.frames[0], original.frames[0], width: DrawnFilm.width)
        #expect(abs(measured - expected) < 1e-5 && expected < 0.95, "\(measured), \(expected)")
    }

    @Test func sharpnessIsTheLaplaciansVariance() async throws {
        let path = folder.path("a.mkv")
        // Stripes of 100 and 140, each two wide: the Laplacian is 40 and −40 in equal parts.
        try await DrawnFilm(frames: [DrawnFilm.picture { x, _ in (x + 1) / 2 % 2 == 0 ? 100 : 140 }]).write(path)
        let sharpness = try FilmComparer.compare(.init(a: path, b: path)).a.sharpness
        // But for the outermost columns, where the picture is mirrored and the Laplacian is 80.
        let plain = 1600.0 * Double(DrawnFilm.width - 2) + 6400 * 2
        #expect(abs(sharpness - plain / Double(DrawnFilm.width)) < 1, "\(sharpness)")
    }

    /// Brought to one scale: depth, range and colour alone make little difference.
    @Test(arguments: [
        ("yuv444p", "tv"), ("yuv420p10le", "tv"), ("yuv420p", "pc"), ("yuv420p10le", "pc"), ("gbrp", "pc"),
        ("gbrp10le", "pc"),
    ])
    func otherDepthsRangesAndColoursAreBroughtToOneScale(_ pixels: String, _ range: String) async throws {
        // Pale, so that RGB has all its colours.
        let pale = "testsrc2=size=128x96:rate=25,format=yuv420p,eq=contrast=0.5:saturation=0.4"
        func film(_ name: String, _ pixels: String, _ range: String) async throws -> String {
            let path = folder.path(name)
            try await ffmpeg(
                ["-f", "lavfi", "-i", pale, "-vf", "scale=flags=accurate_rnd:in_range=tv:out_range=\(range)"]
                    + ["-pix_fmt", pixels, "-color_range", range, "-frames:v", "3", "-c:v", "ffv1", path])
            return path
        }
        let (plain, other) = (
            try await film("plain.mkv", "yuv420p", "tv"), try await film("other.mkv", pixels, range)
        )
        let likeness = try #require(try FilmComparer.compare(.init(a: other, b: plain)).a.likeness)
        // A wrong range or wrong weights leave less than 35 dB.
        #expect(likeness.psnr ?? .infinity > 45 && likeness.ssim > 0.995, "\(likeness)")
    }
}

/// Structural similarity without a library.
private enum PlainSSIM {
    static func of(_ a: [UInt8], _ b: [UInt8], width: Int) -> Double {
        let height = a.count / width
        var sum = 0.0
        for y in 5..<height - 5 {
            for x in 5..<width - 5 { sum += window(a, b, width, x, y) }
        }
        return sum / Double((height - 10) * (width - 10))
    }

    private static let weights: [Double] = {
        let line = (-5...5).map { (place: Int) -> Double in exp(-Double(place * place) / 4.5) }
        let all = line.flatMap { y in line.map { $0 * y } }
        return all.map { $0 / all.reduce(0, +) }
    }()

    private static func window(_ a: [UInt8], _ b: [UInt8], _ width: Int, _ x: Int, _ y: Int) -> Double {
        let samples = (0..<121).map { index in
            let place = (y + index / 11 - 5) * width + x + index % 11 - 5
            return (w: weights[index], a: Double(a[place]), b: Double(b[place]))
        }
        func mean(_ value: (Double, Double) -> Double) -> Double {
            samples.reduce(0) { $0 + $1.w * value($1.a, $1.b) }
        }
        let (meanA, meanB) = (mean { a, _ in a }, mean { _, b in b })
        let varianceA = mean { a, _ in (a - meanA) * (a - meanA) }
        let varianceB = mean { _, b in (b - meanB) * (b - meanB) }
        let covariance = mean { a, b in (a - meanA) * (b - meanB) }
        let (c1, c2) = (2.55 * 2.55, 7.65 * 7.65)
        return (2 * meanA * meanB + c1) * (2 * covariance + c2)
            / ((meanA * meanA + meanB * meanB + c1) * (varianceA + varianceB + c2))
    }
}
