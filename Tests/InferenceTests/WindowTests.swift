import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Networks that see several frames: the right ones, of one scene, and the same wherever a film is split.
@Suite struct WindowTests {
    private static let format = PictureFormat.make(24, 20)

    /// Flat pictures whose levels tell them apart, with another scene from `cut` on.
    private static func film(_ count: Int, cut: Int) -> [PictureBuffer] {
        (0..<count).map { frame in
            var noise = Noise(frame + 3)
            let level = frame < cut ? 60 + 3 * (frame % 4) : 180 - 2 * (frame % 3)
            return PictureBuffer(format) { plane, x, y in
                plane == 0 ? level + (frame < cut ? x % 5 : y * 2) + noise.next(5) : frame < cut ? 110 : 150
            }
        }
    }

    private static func upscaled(
        _ film: [PictureBuffer], _ model: StandIn, segment: Int, batch: Int = 1, tile: Int = 0, radius: Int = 0,
        leaving out: Set<Int> = []
    ) async throws -> [Int: [[Int]]] {
        let upscaler = try Upscaler.cpu(
            .file(try await model.path), format, scale: 2, tile: tile, batch: batch, blendRadius: radius)
        var results: [Int: [[Int]]] = [:]
        for first in stride(from: 0, to: film.count, by: segment) {
            let range = FrameRange(first, min(first + segment, film.count))
            let context = ContextUpscaler(upscaler, blendRadius: radius, given: range)
            let around = range.widened(by: radius + upscaler.window / 2, within: FrameRange(0, film.count))
            let numbers = (around.first..<around.end).filter { !out.contains($0) }
            var given: [PictureUpscaler.Numbered] = []
            for start in stride(from: 0, to: numbers.count, by: batch) {
                let part = Array(numbers[start..<min(start + batch, numbers.count)])
                given += try context.take(part.map { film[$0] }, numbers: part)
            }
            given += try context.finish()
            for (number, picture) in given where range.contains(number) {
                #expect(results.updateValue(picture.samples, forKey: number) == nil)
            }
        }
        return results
    }

    @Test(arguments: [0, 1, 3]) func splittingIsInvisible(radius: Int) async throws {
        let film = Self.film(11, cut: 5)
        let whole = try await Self.upscaled(film, .echo5, segment: 11, radius: radius)
        #expect(whole.keys.sorted() == Array(0..<11))
        for (segment, batch, tile) in [(1, 1, 0), (7, 4, 16), (11, 3, 0)] {
            let split = try await Self.upscaled(
                film, .echo5, segment: segment, batch: batch, tile: tile, radius: radius)
            let differing = whole.keys.filter { split[$0] != whole[$0] }
            #expect(differing.isEmpty, "segments of \(segment), batch \(batch), tile \(tile)")
        }
        let lacking = try await Self.upscaled(film, .echo5, segment: 11, radius: radius, leaving: [3])
        #expect(lacking.count == 10)
        let split = try await Self.upscaled(film, .echo5, segment: 4, batch: 2, radius: radius, leaving: [3])
        let differing = lacking.keys.filter { split[$0] != lacking[$0] }
        #expect(differing.isEmpty)
    }

    /// On either side of a cut, a film is what its parts are alone: at ends, the outermost picture stands for those beyond.
    @Test func nothingCrossesACut() async throws {
        let film = Self.film(12, cut: 6)
        let whole = try await Self.upscaled(film, .echo5, segment: 12)
        let parts = [Array(film[..<6]), Array(film[6...])]
        for (index, part) in parts.enumerated() {
            let alone = try await Self.upscaled(part, .echo5, segment: 6)
            for number in 0..<6 { #expect(whole[6 * index + number] == alone[number], "\(6 * index + number)") }
        }
    }

    /// The median of three shows what two of them show, and at the film's ends the end stands twice. (Patterns, for colours are held to
    /// the frame's own.)
    @Test func theRightFramesAreSeen() async throws {
        let signs = [1, 1, -1, 1, 1, -1, -1, 1]
        let film = signs.map { sign in
            PictureBuffer(Self.format) { plane, x, y in plane == 0 ? 110 + 20 * sign * ((x + y) % 2 * 2 - 1) : 128 }
        }
        let results = try await Self.upscaled(film, .median3, segment: 8)
        let found = try (0..<8).map { try #require(results[$0])[0][0] < 110 ? 1 : -1 }
        #expect(found == [1, 1, 1, 1, 1, -1, -1, 1])
    }

    @Test(arguments: [0, 2, 17]) func windowsThatCannotBeAreRefused(window: Int) async throws {
        var description = ModelDescription(
            name: "x", scale: 2, receptiveRadius: 0, licence: "", source: "", sourceSHA256: "")
        description.window = window
        let error = #expect(throws: InferenceError.self) { try description.validate() }
        #expect(error?.message.contains("odd number from 1 to 15") == true)
    }

    @Test func aModelWithAWindowIsValidAndCalibrated() async throws {
        let path = try await StandIn.echo5.path
        let reference = try ModelFile.validate(path)
        #expect(reference.description.window == 5)
        let calibration = Calibration(
            model: reference, source: .file(path), device: .cpu, width: 64, height: 48, threads: 2)
        #expect(try calibration.shape(cache: nil).batch == 1)
    }
}
