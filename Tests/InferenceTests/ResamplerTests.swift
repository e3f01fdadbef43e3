import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Inference

/// What follows the network where a result has a size of its own.
@Suite struct ResamplerTests {
    struct Change: Sendable, CustomTestStringConvertible {
        var from: (width: Int, height: Int)
        var to: (width: Int, height: Int)
        var testDescription: String { "\(from) to \(to)" }
    }

    private static let changes = [
        Change(from: (96, 64), to: (135, 90)), Change(from: (96, 64), to: (68, 45)),
        Change(from: (97, 63), to: (41, 50)), Change(from: (97, 63), to: (200, 63)),
        Change(from: (160, 120), to: (33, 25)), Change(from: (35, 27), to: (140, 108)),
        Change(from: (64, 48), to: (64, 20)), Change(from: (128, 96), to: (96, 72)),
    ]

    /// The same filter by somebody else, in floats: with integers, zscale rounds and clips between the two axes. What is left to differ is
    /// the last rounding. It mirrors borders and stops at the codes' ends: pictures here reach both, and count inside of what borders
    /// reach.
    @Test(arguments: [8, 10], [false, true]) func agreesWithZscale(depth: Int, isDetailed: Bool) async throws {
        let folder = try TemporaryFolder()
        for change in Self.changes {
            let format = PictureFormat.make(change.from.width, change.from.height, .rgb, depth: depth)
            let picture = isDetailed ? Self.detailed(format) : Self.smooth(format)
            let ours = try Upscaler.cpu(.nearest(1), format, size: change.to, scale: 1).upscale(picture)
            let theirs = try await Self.zscale(picture, to: ours.format, in: folder)
            let (largest, mean) = Self.differences(ours, theirs, border: Self.border(change))
            #expect(largest <= 1, "\(change.testDescription): \(largest), mean \(mean)")
            #expect(mean < 0.01, "\(change.testDescription): \(mean)")
        }
    }

    /// Of the result, what the filter's reach beyond the source's border touches.
    private static func border(_ change: Change) -> (x: Int, y: Int) {
        func reach(_ from: Int, _ to: Int) -> Int {
            from == to ? 0 : Int((3 * max(1, Double(to) / Double(from))).rounded(.up)) + 1
        }
        return (reach(change.from.width, change.to.width), reach(change.from.height, change.to.height))
    }

    private static func smooth(_ format: PictureFormat) -> PictureBuffer {
        let highest = Double((1 << format.layout.bitDepth) - 1)
        return PictureBuffer(format) { plane, x, y in
            let (u, v) = (Double(x) / Double(format.width), Double(y) / Double(format.height))
            return Int((0.5 + 0.5 * sin(5 * u + Double(plane) + 4 * v)) * highest)
        }
    }

    /// Noise between black and white, and fields of both.
    private static func detailed(_ format: PictureFormat) -> PictureBuffer {
        let noise = PictureBuffer.noise(format, seed: format.width)
        let highest = (1 << format.layout.bitDepth) - 1
        return PictureBuffer(format) { plane, x, y in
            (x / 6 + y / 5) % 4 == 0 ? (x / 6 % 2 == 0 ? 0 : highest) : noise.sample(plane, x, y)
        }
    }

    private static func zscale(
        _ picture: PictureBuffer, to format: PictureFormat, in folder: TemporaryFolder
    ) async throws -> PictureBuffer {
        let pixels = format.layout.bitDepth == 8 ? "gbrp" : "gbrp\(format.layout.bitDepth)le"
        try picture.raw.write(to: URL(fileURLWithPath: folder.path("in")))
        try await ffmpeg([
            "-y", "-f", "rawvideo", "-pix_fmt", pixels, "-s", "\(picture.format.width)x\(picture.format.height)", "-i",
            folder.path("in"), "-vf",
            "zscale,format=gbrpf32le,zscale=w=\(format.width):h=\(format.height):filter=lanczos,format=gbrpf32le,"
                + "zscale=dither=none,format=\(pixels)", "-f", "rawvideo", folder.path("out"),
        ])
        return try PictureBuffer(format, raw: folder.path("out"))
    }

    private static func differences(
        _ a: PictureBuffer, _ b: PictureBuffer, border: (x: Int, y: Int)
    ) -> (largest: Int, mean: Double) {
        let all = (0..<3).flatMap { plane in
            (border.y..<a.format.height - border.y).flatMap { y in
                (border.x..<a.format.width - border.x).map { x in abs(a.sample(plane, x, y) - b.sample(plane, x, y)) }
            }
        }
        return (all.max() ?? .max, Double(all.reduce(0, +)) / Double(max(1, all.count)))
    }

    @Test(arguments: [8, 10, 16]) func flatStaysFlat(depth: Int) throws {
        for change in Self.changes {
            let format = PictureFormat.make(change.from.width, change.from.height, .rgb, depth: depth)
            let codes = [3, 77, 200].map { $0 << (depth - 8) | 1 }
            // A line of black and white at the right, so that there are other values to stray to.
            let picture = PictureBuffer(format) { plane, x, y in
                x == format.width - 1 ? y % 2 * ((1 << depth) - 1) : codes[plane]
            }
            let result = try Upscaler.cpu(.nearest(1), format, size: change.to, scale: 1).upscale(picture)
            let touched = 4 * max(1, change.to.width / change.from.width + 1)
            for plane in 0..<3 {
                let left = (0..<change.to.height).flatMap { y in
                    (0..<change.to.width - touched).map { result.sample(plane, $0, y) }
                }
                #expect(Set(left) == [codes[plane]], "\(change.testDescription)")
            }
        }
    }

    @Test func whatKeepsItsSizeKeepsItsBits() throws {
        let format = PictureFormat.make(35, 27, shift: (0, 0))
        let picture = PictureBuffer.noise(format, seed: 3)
        let same = try Upscaler.cpu(.nearest(2), format, size: (70, 54), scale: 2).upscale(picture)
        #expect(try same.samples == Upscaler.cpu(.nearest(2), format, scale: 2).upscale(picture).samples)
        // Along one axis alone: lines that are alike stay as they are.
        let columns = PictureBuffer(format) { plane, x, _ in picture.sample(plane, x, 0) }
        let higher = try Upscaler.cpu(.nearest(1), format, size: (35, 40), scale: 1).upscale(columns)
        #expect(higher.samples == PictureBuffer(higher.format) { plane, x, _ in picture.sample(plane, x, 0) }.samples)
    }

    @Test(arguments: [(90, 71), (50, 39), (75, 53)])
    func tilesBatchesAndThreadsChangeNothing(size: (Int, Int)) async throws {
        let format = PictureFormat.make(35, 27)
        let pictures = (0..<3).map { PictureBuffer.noise(format, seed: $0) }
        let source = ModelSource.file(try await StandIn.blur2.path)
        let whole = try Upscaler.cpu(source, format, size: size, scale: 2, threads: 1)
        let expected = try pictures.map { try whole.upscale($0).samples }
        for (tile, batch, threads) in [(8, 1, 2), (13, 4, 1), (0, 4, 2), (20, 2, 3)] {
            let upscaler = try Upscaler.cpu(
                source, format, size: size, scale: 2, tile: tile, batch: batch, threads: threads)
            let first = try upscaler.upscale(Array(pictures.prefix(batch)), numbers: Array(0..<min(batch, 3)))
            #expect(first.map(\.samples) == Array(expected.prefix(batch)), "tile \(tile), batch \(batch)")
        }
    }

    /// The network's own colours come first, then the size.
    @Test func theNetworksPictureIsResampled() async throws {
        let format = PictureFormat.make(35, 27, .rgb, depth: 16)
        let picture = PictureBuffer.noise(format, seed: 5)
        let source = ModelSource.file(try await StandIn.blur2.path)
        let large = try Upscaler.cpu(source, format, scale: 2).upscale(picture)
        let expected = try Upscaler.cpu(.nearest(1), large.format, size: (51, 40), scale: 1).upscale(large)
        let result = try Upscaler.cpu(source, format, size: (51, 40), scale: 2).upscale(picture)
        // `large` was rounded, and a sum of weights' sizes is below 2.
        #expect(largestDifferences(result, expected).allSatisfy { $0 <= 2 })
    }

    @Test(arguments: [(90, 71), (20, 15)]) func edgesMakeNothingLighterOrDarker(size: (Int, Int)) throws {
        let format = PictureFormat.make(35, 27, .rgb)
        let picture = PictureBuffer(format) { plane, x, y in (x / 5 + y / 4) % 2 == 0 ? 60 + plane : 180 - plane }
        let result = try Upscaler.cpu(.nearest(1), format, size: size, scale: 1).upscale(picture)
        for plane in 0..<3 {
            #expect(result.samples[plane].min() == 60 + plane && result.samples[plane].max() == 180 - plane)
        }
    }

    /// The fourth plane through the same filter, behind whatever enlarged it.
    @Test(arguments: [1, 2], [(90, 71), (20, 15)]) func alphaGoesTheSameWay(scale: Int, size: (Int, Int)) throws {
        var format = PictureFormat.make(35, 27, .rgb, depth: 10)
        format.layout = format.layout.with(alpha: true)
        let noise = PictureBuffer.noise(format, seed: 7)
        let picture = PictureBuffer(format) { _, x, y in noise.sample(0, x, y) }
        let result = try Upscaler.cpu(.nearest(scale), format, size: size, scale: scale).upscale(picture)
        let differences = zip(result.samples[0], result.samples[3]).map { abs($0 - $1) }
        #expect(differences.max() ?? 9 <= 1 && differences.count { $0 > 0 } < 10)
        let clear = PictureBuffer(format) { plane, x, _ in plane == 3 ? (x < 17 ? 0 : 1023) : 400 }
        let edge = try Upscaler.cpu(.nearest(scale), format, size: size, scale: scale).upscale(clear)
        #expect(edge.samples[3].min() == 0 && edge.samples[3].max() == 1023)
    }

    @Test func alphaBesideANetworkHasTheResultsSize() async throws {
        var format = PictureFormat.make(35, 27)
        format.layout = format.layout.with(alpha: true)
        let picture = PictureBuffer(format) { plane, x, y in plane == 3 ? 4 * x + 2 * y : 100 }
        let upscaler = try Upscaler.cpu(.file(await StandIn.blur2.path), format, size: (51, 40), scale: 2, tile: 16)
        let result = try upscaler.upscale(picture)
        for y in 6..<34 {
            for x in 6..<45 {
                let exact =
                    4 * ((Double(x) + 0.5) * 35 / 51 - 0.5) + 2 * ((Double(y) + 0.5) * 27 / 40 - 0.5)
                #expect(abs(Double(result.sample(3, x, y)) - exact) <= 1)
            }
        }
    }
}
