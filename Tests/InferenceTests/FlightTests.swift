import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Batches that are under way while others begin, as on devices: the same pictures, in order, and later.
@Suite struct FlightTests {
    private static let format = PictureFormat.make(34, 26)

    private func film(_ count: Int) -> [PictureBuffer] { (0..<count).map { .noise(Self.format, seed: $0) } }

    private func run(_ film: [PictureBuffer], _ upscaler: any PictureUpscaler) throws -> [[PictureUpscaler.Numbered]] {
        let batches = stride(from: 0, to: film.count, by: upscaler.batch).map {
            Array($0..<min($0 + upscaler.batch, film.count))
        }
        return try batches.map { part in try upscaler.take(part.map { film[$0] }, numbers: part) } + [
            try upscaler.finish()
        ]
    }

    private func upscaler(_ model: StandIn = .blur2, radius: Int = 0, batch: Int = 2, defers: Bool) async throws
        -> Upscaler
    {
        try Upscaler.cpu(
            .file(try await model.path), Self.format, scale: 2, batch: batch, blendRadius: radius, plain: true,
            defers: defers)
    }

    @Test func resultsAreTheSameInOrderAndComeLater() async throws {
        let film = film(9)
        let direct = try run(film, try await upscaler(defers: false)).joined()
        let late = try run(film, try await upscaler(defers: true))
        // Three may be under way: the fourth waits for the first.
        #expect(late.map(\.count) == [0, 0, 0, 2, 2, 5])
        #expect(late.joined().map(\.number) == Array(0..<9))
        #expect(late.joined().map { $0.picture.samples } == direct.map { $0.picture.samples })
    }

    @Test(arguments: [0, 2], [StandIn.blur2, .echo5]) func neighboursAreTheSameToo(radius: Int, model: StandIn)
        async throws
    {
        let film = film(8)
        func given(_ defers: Bool) async throws -> [PictureUpscaler.Numbered] {
            let upscaler = try await upscaler(model, radius: radius, batch: 3, defers: defers)
            let context = ContextUpscaler(upscaler, blendRadius: radius, given: FrameRange(0, film.count))
            return Array(try run(film, context).joined())
        }
        let (direct, late) = (try await given(false), try await given(true))
        #expect(late.map(\.number) == Array(0..<8))
        #expect(late.map { $0.picture.samples } == direct.map { $0.picture.samples })
    }

    /// What is given is copied: the decoder may have its picture back.
    @Test func sourcesMayGoWhenTheCallReturns() async throws {
        let expected = try await upscaler(batch: 1, defers: false).upscale(.noise(Self.format, seed: 0))
        let upscaler = try await upscaler(batch: 1, defers: true)
        let source = PictureBuffer.noise(Self.format, seed: 0)
        #expect(try upscaler.take([source], numbers: [0]).isEmpty)
        for plane in 0..<3 { memset(source.mutablePlane(plane), 0, source.stride(plane)) }
        #expect(try upscaler.finish().first?.picture.samples == expected.samples)
    }

    @Test func badOutputIsNamedWhenItsBatchIsCollected() async throws {
        let format = PictureFormat.make(32, 16)
        let upscaler = try Upscaler.cpu(
            .file(await StandIn.bright2NaN.path), format, scale: 2, plain: true, defers: true)
        let dark = PictureBuffer(format) { plane, _, _ in plane == 0 ? 60 : 128 }
        let bright = PictureBuffer(format) { plane, _, _ in plane == 0 ? 200 : 128 }
        #expect(try upscaler.take([dark], numbers: [40]).isEmpty)
        #expect(try upscaler.take([bright], numbers: [41]).isEmpty)
        // What lies before it was given by then.
        var given: [Int] = []
        let error = #expect(throws: InferenceError.self) { try upscaler.finish { given += $0.map(\.number) } }
        #expect(given == [40])
        #expect(error?.kind == .badOutput && error?.message.contains("frame 41: the network gave NaN") == true)
        // What lay behind it goes with its segment; the next begins anew.
        #expect(try upscaler.take([dark], numbers: [42]).isEmpty)
        upscaler.drop()
        #expect(try upscaler.take([dark], numbers: [50]).isEmpty)
        #expect(try upscaler.finish().map(\.number) == [50])
    }

    @Test func aCallThatFailsLeavesTheOthers() async throws {
        let upscaler = try await upscaler(batch: 1, defers: true)
        #expect(try upscaler.take(film(1), numbers: [0]).isEmpty)
        #expect(throws: InferenceError.self) {
            try upscaler.take([PictureBuffer.noise(.make(32, 18), seed: 1)], numbers: [1])
        }
        #expect(try upscaler.take(film(1), numbers: [2]).isEmpty)
        #expect(try upscaler.finish().map(\.number) == [0, 2])
    }
}
