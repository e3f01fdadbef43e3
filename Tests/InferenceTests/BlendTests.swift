import FarmModel
import Foundation
import Testing

@testable import Inference

/// The temporal blend: the same wherever a film is split, nothing where neighbours do not agree, less noise where they do.
@Suite struct BlendTests {
    private static let format = PictureFormat.make(64, 48)

    /// A pattern that moves by half a pixel a frame, with a cut to another one.
    private static func film(_ count: Int, cut: Int, isDark: Bool = false) -> [PictureBuffer] {
        (0..<count).map { frame in
            var noise = Noise(frame + 1)
            return PictureBuffer(format) { plane, x, y in
                let place = Double(x) + Double(frame) / 2 + Double(plane)
                let wave = frame < cut ? sin(place / 3) * cos(Double(y) / 4) : cos(place / 5) * sin(Double(y) / 2)
                let level = frame < cut ? 90.0 : 150
                if isDark, plane == 0 { return Int(20 + (level - 90) / 10 + 5 * wave) + noise.next(2) }
                return isDark ? 128 : Int(level + 40 * wave) + noise.next(7)
            }
        }
    }

    private static func blended(
        _ film: [PictureBuffer], radius: Int, segment: Int, batch: Int = 1, scale: Int = 2, leaving out: Set<Int> = [],
        plain: Bool = false
    ) throws -> [Int: [[Int]]] {
        let upscaler = try Upscaler.cpu(
            .nearest(scale), format, scale: scale, batch: batch, blendRadius: radius, plain: plain)
        var results: [Int: [[Int]]] = [:]
        for first in stride(from: 0, to: film.count, by: segment) {
            let range = FrameRange(first, min(first + segment, film.count))
            let blending = ContextUpscaler(upscaler, blendRadius: radius, given: range)
            let context = range.widened(by: radius, within: FrameRange(0, film.count))
            let numbers = (context.first..<context.end).filter { !out.contains($0) }
            for start in stride(from: 0, to: numbers.count, by: batch) {
                let part = Array(numbers[start..<min(start + batch, numbers.count)])
                for (number, picture) in try blending.take(part.map { film[$0] }, numbers: part) {
                    #expect(results.updateValue(picture.samples, forKey: number) == nil)
                }
            }
            for (number, picture) in try blending.finish() {
                #expect(results.updateValue(picture.samples, forKey: number) == nil)
            }
        }
        return results
    }

    @Test(arguments: [1, 3]) func splittingIsInvisible(radius: Int) throws {
        let film = Self.film(20, cut: 9)
        let whole = try Self.blended(film, radius: radius, segment: 20)
        #expect(whole.keys.sorted() == Array(0..<20))
        for (segment, batch) in [(1, 1), (7, 1), (7, 4), (9, 3), (20, 4)] {
            let split = try Self.blended(film, radius: radius, segment: segment, batch: batch)
            #expect(split == whole, "segments of \(segment), batch \(batch)")
        }
        let lacking = try Self.blended(film, radius: radius, segment: 20, leaving: [5])
        #expect(try Self.blended(film, radius: radius, segment: 4, batch: 2, leaving: [5]) == lacking)
        #expect(lacking.count == 19)
    }

    /// On either side of a cut, a film is what its parts are alone.
    @Test(arguments: [false, true]) func nothingCrossesACut(isDark: Bool) throws {
        let film = Self.film(12, cut: 6, isDark: isDark)
        let whole = try Self.blended(film, radius: 3, segment: 12)
        let first = try Self.blended(Array(film[..<6]), radius: 3, segment: 6)
        for number in 0..<6 { #expect(whole[number] == first[number], "\(number)") }
        // What the second part's frames are alone, for the dither goes by their numbers: nearest has none at one depth.
        let second = try Self.blended(Array(film[6...]), radius: 3, segment: 6)
        for number in 6..<12 { #expect(whole[number] == second[number - 6], "\(number)") }
    }

    /// One bright picture in a still: it stays as it is, and its neighbours take nothing of it.
    @Test func aFlashLeavesNoGhost() throws {
        func still(_ level: Int) -> PictureBuffer {
            PictureBuffer(Self.format) { plane, x, y in plane == 0 ? level + (x * 7 + y * 5) % 40 : 128 }
        }
        let film = (0..<7).map { still($0 == 3 ? 190 : 60) }
        let upscaler = try Upscaler.cpu(.nearest(2), Self.format, scale: 2)
        let blended = try Self.blended(film, radius: 2, segment: 7)
        for number in 0..<7 {
            let plain = try upscaler.upscale(film[number], number: number).samples
            let worst = zip(plain, blended[number] ?? []).flatMap { zip($0, $1).map { abs($0 - $1) } }.max()
            #expect(worst.map { $0 <= 1 } == true, "frame \(number) differs by \(worst ?? -1)")
        }
    }

    /// A block that moves over a still background: where it was, nothing of it is left.
    @Test func whatMovesLeavesNoTrail() throws {
        func frame(_ number: Int) -> PictureBuffer {
            PictureBuffer(Self.format) { plane, x, y in
                guard plane == 0 else { return 128 }
                let isBlock = (8 + 6 * number..<20 + 6 * number).contains(x) && (16..<32).contains(y)
                return isBlock ? 220 : 60 + (x * 3 + y * 11) % 24
            }
        }
        let film = (0..<6).map(frame)
        let upscaler = try Upscaler.cpu(.nearest(2), Self.format, scale: 2)
        let blended = try Self.blended(film, radius: 2, segment: 6)
        for number in 0..<6 {
            let plain = try upscaler.upscale(film[number], number: number).samples[0]
            let luma = try #require(blended[number]?[0])
            // A ghost would be 160 codes away.
            let worst = zip(plain, luma).map { abs($0 - $1) }.max() ?? 0
            #expect(worst < 24, "frame \(number) differs by \(worst)")
        }
    }

    /// A dot and a line of a pixel's width, and of a fifth of the range: they keep half and two thirds of it, and leave nothing
    /// behind.
    @Test(arguments: [1, 48]) func thinThingsThatMoveStay(length: Int) throws {
        func frame(_ number: Int) -> PictureBuffer {
            PictureBuffer(Self.format) { plane, x, y in
                plane == 0 ? (x == 10 + 5 * number && y < length ? 150 : 105) : 128
            }
        }
        let film = (0..<7).map(frame)
        let upscaler = try Upscaler.cpu(.nearest(2), Self.format, scale: 2)
        let blended = try Self.blended(film, radius: 2, segment: 7)
        for number in 0..<7 {
            let plain = try upscaler.upscale(film[number], number: number).samples[0]
            let luma = try #require(blended[number]?[0])
            for (was, now) in zip(plain, luma) {
                if was == 105 {
                    #expect(abs(now - was) <= 1, "frame \(number): a ghost of \(now - was)")
                } else {
                    #expect(now >= 105 + (length == 1 ? 22 : 30), "frame \(number): \(now) of \(was)")
                }
            }
        }
    }

    /// Devices blend by tensor operations, the CPU by kernels of its own: they are the same but for rounding.
    @Test(arguments: [1, 2, 3]) func kernelsDoWhatTensorOperationsDo(scale: Int) throws {
        let film = Self.film(9, cut: 5)
        let fused = try Self.blended(film, radius: 2, segment: 9, scale: scale)
        let plain = try Self.blended(film, radius: 2, segment: 9, scale: scale, plain: true)
        for number in 0..<9 {
            for (one, other) in zip(try #require(fused[number]), try #require(plain[number])) {
                // Where hardly anything tells the motion, rounding turns it.
                let differing = zip(one, other).filter { abs($0 - $1) > 1 }.count
                let rounded = zip(one, other).filter { $0 != $1 }.count
                #expect(differing < one.count / 500 && rounded < one.count / 20, "\(number): \(differing), \(rounded)")
            }
        }
    }

    /// What moves by whole pixels of the result is found and brought back where it belongs: away from what comes in, nothing changes.
    @Test func aPanStaysAsSharpAsItWas() throws {
        var noise = Noise(5)
        let grain = (0..<84 * 52).map { _ in noise.next(200) }
        func texture(_ x: Int, _ y: Int) -> Int {
            (0..<16).reduce(0) { $0 + grain[(y + $1 / 4) * 84 + x + $1 % 4] } / 16
        }
        let film = (0..<7).map { frame in
            PictureBuffer(Self.format) { plane, x, y in plane == 0 ? 20 + texture(x + 2 * frame, y) : 128 }
        }
        let upscaler = try Upscaler.cpu(.nearest(2), Self.format, scale: 2)
        let blended = try Self.blended(film, radius: 3, segment: 7)
        for number in 2..<5 {
            let plain = try upscaler.upscale(film[number], number: number).samples[0]
            let luma = try #require(blended[number]?[0])
            let inside = plain.indices.filter { (24..<104).contains($0 % 128) && (16..<80).contains($0 / 128) }
            func spread(_ samples: [Int]) -> Double {
                let mean = inside.reduce(0.0) { $0 + Double(samples[$1]) } / Double(inside.count)
                return inside.reduce(0.0) { $0 + pow(Double(samples[$1]) - mean, 2) }
            }
            #expect(spread(luma) > 0.8 * spread(plain), "frame \(number)")
        }
    }

    /// A fade is no motion and no cut: each frame keeps its own brightness.
    @Test func aFadeKeepsItsSteps() throws {
        let film = (0..<9).map { frame in
            PictureBuffer(Self.format) { plane, x, y in
                plane == 0 ? 40 + 16 * frame + (x * 5 + y * 3) % 12 : 128
            }
        }
        let upscaler = try Upscaler.cpu(.nearest(2), Self.format, scale: 2)
        let blended = try Self.blended(film, radius: 3, segment: 9)
        for number in 0..<9 {
            let plain = try upscaler.upscale(film[number], number: number).samples[0]
            let luma = try #require(blended[number]?[0])
            let drift = zip(plain, luma).reduce(0) { $0 + $1.1 - $1.0 }
            #expect(abs(Double(drift) / Double(plain.count)) < 4, "frame \(number) by \(drift / plain.count)")
        }
    }

    @Test func bitsDoNotDependOnThreads() throws {
        let format = PictureFormat.make(333, 181)
        let results = try [1, 2, 3].map { threads in
            let upscaler = try Upscaler.cpu(.nearest(2), format, scale: 2, threads: threads, blendRadius: 1)
            let blending = ContextUpscaler(upscaler, blendRadius: 1, given: FrameRange(0, 3))
            let pictures = (0..<3).map { PictureBuffer.noise(format, seed: $0 / 2) }
            let first = try (0..<3).flatMap { try blending.take([pictures[$0]], numbers: [$0]) }
            return try (first + blending.finish()).map(\.picture.samples)
        }
        #expect(results[0].count == 3 && results[1] == results[0] && results[2] == results[0])
    }

    @Test func noiseOnAStillIsLowered() throws {
        func still(_ frame: Int) -> PictureBuffer {
            var noise = Noise(frame + 77)
            return PictureBuffer(Self.format) { _, x, y in 100 + (x * 3 + y * 2) % 30 + noise.next(9) - 4 }
        }
        let film = (0..<7).map(still)
        func flicker(_ pictures: [[[Int]]]) -> Double {
            let steps = zip(pictures[2...3], pictures[3...4]).map { one, next in
                zip(one[0], next[0]).map { Double($0 - $1) }.reduce(0.0) { $0 + $1 * $1 }
            }
            return steps.reduce(0, +)
        }
        let upscaler = try Upscaler.cpu(.nearest(2), Self.format, scale: 2)
        let plain = try film.enumerated().map { try upscaler.upscale($1, number: $0).samples }
        let blended = try Self.blended(film, radius: 2, segment: 7)
        let smooth = try (0..<7).map { try #require(blended[$0]) }
        #expect(flicker(smooth) < 0.35 * flicker(plain))
    }

    /// Sizes that pyramids and windows hardly fit into, and one as they are.
    @Test(arguments: [(1, 1), (3, 2), (17, 1), (33, 21)]) func anySizeGoes(width: Int, height: Int) throws {
        let format = PictureFormat.make(width, height, shift: (0, 0))
        let upscaler = try Upscaler.cpu(.nearest(3), format, scale: 3, blendRadius: 1)
        let blending = ContextUpscaler(upscaler, blendRadius: 1, given: FrameRange(0, 3))
        var count = 0
        for number in 0..<3 {
            count += try blending.take([PictureBuffer.noise(format, seed: number)], numbers: [number]).count
        }
        #expect(try count + blending.finish().count == 3)
    }
}
