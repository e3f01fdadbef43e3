import FarmModel
import Foundation
import Testing

@testable import Inference

/// The temporal blend with other formats, ranges and sizes, and after a segment that failed.
@Suite struct BlendFormatTests {
    /// A pattern that moves by a pixel a frame, with noise.
    private static func film(_ format: PictureFormat, _ count: Int = 6) -> [PictureBuffer] {
        (0..<count).map { frame in
            var noise = Noise(frame + 11)
            let unit = 1 << (format.layout.bitDepth - 8)
            return PictureBuffer(format) { plane, x, y in
                (100 + (5 * (x + frame) + 3 * y + 40 * plane) % 60 + noise.next(5)) * unit
            }
        }
    }

    private static func blended(
        _ film: [PictureBuffer], _ upscaler: Upscaler, segment: Int? = nil, radius: Int = 2
    ) throws -> [[[Int]]] {
        let length = segment ?? film.count
        return try stride(from: 0, to: film.count, by: length).flatMap { first in
            let range = FrameRange(first, min(first + length, film.count))
            let blending = ContextUpscaler(upscaler, blendRadius: radius, given: range)
            let around = range.widened(by: radius, within: FrameRange(0, film.count))
            let given = try (around.first..<around.end).flatMap { try blending.take([film[$0]], numbers: [$0]) }
            return try (given + blending.finish()).filter { range.contains($0.number) }.map(\.picture.samples)
        }
    }

    /// How opaque a picture is, is the picture's own: nothing is mixed into it.
    @Test(arguments: [8, 10]) func opacityIsNotBlended(depth: Int) throws {
        var format = PictureFormat.make(40, 32, depth: depth)
        format.layout = format.layout.with(alpha: true)
        let film = Self.film(format)
        let upscaler = try Upscaler.cpu(.nearest(2), format, scale: 2, blendRadius: 2)
        let results = try Self.blended(film, upscaler)
        let alone = try Upscaler.cpu(.nearest(2), format, scale: 2)
        for (number, picture) in film.enumerated() {
            let plain = try alone.upscale(picture, number: number).samples
            #expect(results[number].count == 4 && results[number][3] == plain[3], "frame \(number)")
            #expect(results[number][0] != plain[0], "frame \(number)")
        }
        #expect(try Self.blended(film, upscaler, segment: 4) == results)
    }

    /// One network, once with values from 0 to 1 and once with values to 255.
    @Test func theNetworksRangeChangesNothing() async throws {
        let format = PictureFormat.make(40, 32)
        let film = Self.film(format)
        func results(_ model: StandIn) async throws -> [[[Int]]] {
            try Self.blended(
                film, Upscaler.cpu(.file(await model.path), format, scale: 2, tile: 32, blendRadius: 2))
        }
        let (one, wide) = (try await results(.blur2), try await results(.blur2Wide))
        for (a, b) in zip(one.joined(), wide.joined()) {
            #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1 })
            #expect(zip(a, b).count { $0 != $1 } < a.count / 100)
        }
    }

    /// Results of a size of their own: blended before they are resampled, wherever the film is split; and a still stays one.
    @Test(arguments: [(60, 48), (100, 80)]) func resampledResults(size: (width: Int, height: Int)) throws {
        let format = PictureFormat.make(40, 32)
        let film = Self.film(format)
        let upscaler = try Upscaler.cpu(.nearest(2), format, size: size, scale: 2, blendRadius: 2)
        let whole = try Self.blended(film, upscaler)
        #expect(whole.count == 6 && whole[0][0].count == size.width * size.height)
        #expect(try Self.blended(film, upscaler, segment: 1) == whole)
        let still = Array(repeating: film[0], count: 4)
        let alone = try Upscaler.cpu(.nearest(2), format, size: size, scale: 2).upscale(film[0]).samples
        for frame in try Self.blended(still, upscaler) {
            #expect(zip(frame.joined(), alone.joined()).allSatisfy { abs($0 - $1) <= 1 })
        }
    }

    /// Segments of a job share an upscaler: what one that failed left there is not the next one's.
    @Test func aSegmentThatFailedLeavesNothing() async throws {
        let format = PictureFormat.make(40, 32)
        let film = Self.film(format)
        // A picture that is too bright for it breaks this network.
        let model = try await StandIn.bright2NaN.path
        let dark = film.map { picture in
            PictureBuffer(format) { plane, x, y in plane == 0 ? 16 + (picture.sample(0, x, y) - 100) / 2 : 128 }
        }
        let fresh = try Self.blended(
            dark, Upscaler.cpu(.file(model), format, scale: 2, blendRadius: 2))
        let upscaler = try Upscaler.cpu(.file(model), format, scale: 2, blendRadius: 2)
        let bright = PictureBuffer(format) { plane, _, _ in plane == 0 ? 235 : 128 }
        #expect(throws: InferenceError.self) { try Self.blended([film[3], dark[0], bright], upscaler) }
        #expect(try Self.blended(dark, upscaler) == fresh)
        #expect(try Self.blended(dark, upscaler, segment: 2) == fresh)
    }
}
