import FarmModel
import Testing

@testable import Inference

@Suite struct UpscalerTests {
    @Test func nearestRepeatsEverySample() throws {
        let format = PictureFormat.make(35, 27, shift: (0, 0))
        let picture = PictureBuffer.noise(format, seed: 1)
        for scale in 1...4 {
            let result = try Upscaler.cpu(.nearest(scale), format, scale: scale).upscale(picture)
            let expected = PictureBuffer(result.format) { picture.sample($0, $1 / scale, $2 / scale) }
            #expect(result.samples == expected.samples, "scale \(scale)")
        }
    }

    @Test(arguments: [0, 16, 7])
    func nearestIsTheSameInTiles(tile: Int) throws {
        let format = PictureFormat.make(35, 27, depth: 10)
        let picture = PictureBuffer.noise(format, seed: 2)
        let whole = try Upscaler.cpu(.nearest(2), format, scale: 2).upscale(picture)
        let tiled = try Upscaler.cpu(.nearest(2), format, scale: 2, tile: tile).upscale(picture)
        #expect(whole.samples == tiled.samples)
    }

    /// A network with a halo of 2, whose border pixels differ from its inner ones.
    @Test(arguments: [8, 13, 20], [StandIn.blur2, .blur2Frozen])
    func tilesEqualWholeFrames(tile: Int, model: StandIn) async throws {
        let format = PictureFormat.make(35, 27)
        let picture = PictureBuffer.noise(format, seed: 3)
        let source = ModelSource.file(try await model.path)
        let whole = try Upscaler.cpu(source, format, scale: 2).upscale(picture)
        let tiled = try Upscaler.cpu(source, format, scale: 2, tile: tile).upscale(picture)
        #expect(whole.samples == tiled.samples)
    }

    @Test func valueRangeOfTheModelIsKept() async throws {
        let format = PictureFormat.make(35, 27)
        let picture = PictureBuffer.noise(format, seed: 4)
        let unit = try Upscaler.cpu(.file(await StandIn.blur2.path), format, scale: 2).upscale(picture)
        let wide = try Upscaler.cpu(.file(await StandIn.blur2Wide.path), format, scale: 2).upscale(picture)
        #expect(largestDifferences(unit, wide).allSatisfy { $0 <= 1 })
        #expect(Set(unit.samples[0]).count > 50)
    }

    @Test func batchesAndPaddingChangeNothing() async throws {
        let format = PictureFormat.make(35, 27)
        let pictures = (0..<5).map { PictureBuffer.noise(format, seed: $0) }
        let source = ModelSource.file(try await StandIn.blur2.path)
        let single = try Upscaler.cpu(source, format, scale: 2)
        let expected = try pictures.map { try single.upscale($0).samples }
        let four = try Upscaler.cpu(source, format, scale: 2, batch: 4)
        let first = try four.upscale(Array(pictures[..<4]), numbers: [0, 1, 2, 3])
        let rest = try four.upscale([pictures[4]], numbers: [4])
        #expect((first + rest).map(\.samples) == expected)
        #expect(throws: InferenceError.self) { try four.upscale(pictures, numbers: [0, 1, 2, 3, 4]) }
    }

    @Test func otherFormatsAreRefused() throws {
        let upscaler = try Upscaler.cpu(.nearest(2), .make(32, 16), scale: 2)
        let error = #expect(throws: InferenceError.self) {
            try upscaler.upscale(PictureBuffer.noise(.make(32, 18), seed: 1), number: 9)
        }
        #expect(error?.message.contains("frame 9 is 32x18") == true)
    }

    /// These networks make gray of everything; its source's colours are given back.
    @Test(arguments: [StandIn.blur2, .blur2Wide], [(64, 48), (35, 27), (41, 53)])
    func flatColourComesBackThroughANetwork(model: StandIn, size: (Int, Int)) async throws {
        let format = PictureFormat.make(size.0, size.1, shift: (0, 0))
        let flat = PictureBuffer(format) { plane, x, _ in
            let border = x < 3 ? [16, 128, 128] : x >= size.0 - 3 ? [235, 128, 128] : nil
            return (border ?? [120, 90, 170])[plane]
        }
        let result = try Upscaler.cpu(.file(await model.path), format, scale: 2).upscale(flat)
        for (plane, code) in [120, 90, 170].enumerated() {
            #expect(abs(result.sample(plane, size.0, size.1) - code) <= 1, "plane \(plane)")
        }
    }

    /// This network makes contrasts three times as large.
    @Test func nothingBecomesLighterThanTheSource() async throws {
        let format = PictureFormat.make(48, 48, shift: (0, 0))
        let picture = PictureBuffer(format) { plane, x, y in
            plane > 0 ? 128 : [90, 125, 160][(x + y) % 3]
        }
        let result = try Upscaler.cpu(.file(await StandIn.contrast2.path), format, scale: 2).upscale(picture)
        #expect(result.samples[0].max() == picture.samples[0].max())
        #expect(result.samples[0].min() == picture.samples[0].min())
    }

    // MARK: depth and dither

    @Test func depthIsRaisedWithoutDither() throws {
        let format = PictureFormat.make(64, 48, shift: (0, 0))
        let picture = PictureBuffer.noise(format, seed: 5)
        let upscaler = try Upscaler.cpu(.nearest(1), format, to: format.layout.with(bitDepth: 10), scale: 1)
        let result = try upscaler.upscale(picture)
        #expect(result.samples == picture.samples.map { $0.map { $0 * 4 } })
    }

    @Test func ditherDependsOnFrameAndPlaceOnly() throws {
        let format = PictureFormat.make(64, 48, depth: 10, shift: (0, 0))
        let layout = format.layout.with(bitDepth: 8)
        let flat = PictureBuffer(format) { _, _, _ in 401 }  // between 100 and 101: one in four is 101
        let two = try Upscaler.cpu(.nearest(1), format, to: layout, scale: 1, batch: 2)
        let one = try Upscaler.cpu(.nearest(1), format, to: layout, scale: 1, tile: 16)
        let pair = try two.upscale([flat, flat], numbers: [7, 8])
        #expect(pair[0].samples == (try one.upscale(flat, number: 7).samples))
        #expect(pair[1].samples == (try one.upscale(flat, number: 8).samples))
        #expect(pair[0].samples != pair[1].samples)
        #expect(pair[0].samples[0] != pair[0].samples[1])
        for plane in pair[0].samples {
            #expect(Set(plane) == [100, 101])
            let share = Double(plane.count { $0 == 101 }) / Double(plane.count)
            #expect(abs(share - 0.25) < 0.04)
        }
    }

    @Test func codesThatFitExactlyAreNotDithered() throws {
        let format = PictureFormat.make(64, 48, .gray, depth: 10)
        let picture = PictureBuffer(format) { _, x, y in 4 * ((x * 5 + y * 3) % 256) }
        let result = try Upscaler.cpu(.nearest(1), format, to: format.layout.with(bitDepth: 8), scale: 1)
            .upscale(picture)
        let expected = picture.samples[0].map { $0 / 4 }
        let wrong = zip(result.samples[0], expected).count { $0 != $1 }
        #expect(wrong <= 2)  // rounding in floats may carry one over the edge
    }

    // MARK: what must not go into a film

    @Test func notANumberFailsNamingTheFrame() async throws {
        let format = PictureFormat.make(32, 16)
        let dark = PictureBuffer(format) { plane, _, _ in plane == 0 ? 60 : 128 }
        let bright = PictureBuffer(format) { plane, _, _ in plane == 0 ? 200 : 128 }
        let upscaler = try Upscaler.cpu(.file(await StandIn.bright2NaN.path), format, scale: 2, batch: 2)
        _ = try upscaler.upscale([dark, dark], numbers: [40, 41])
        let error = #expect(throws: InferenceError.self) { try upscaler.upscale([dark, bright], numbers: [41, 42]) }
        #expect(error?.kind == .badOutput)
        #expect(error?.message.contains("frame 42: the network gave NaN or infinity") == true)
    }

    @Test func blackFailsWhereTheSourceIsNot() async throws {
        let format = PictureFormat.make(32, 16)
        let upscaler = try Upscaler.cpu(.file(await StandIn.black2.path), format, scale: 2)
        let black = PictureBuffer(format) { plane, _, _ in plane == 0 ? 16 : 128 }
        _ = try upscaler.upscale(black, number: 1)
        let error = #expect(throws: InferenceError.self) { try upscaler.upscale(.noise(format, seed: 1), number: 77) }
        #expect(error?.kind == .badOutput)
        #expect(error?.message.contains("frame 77: the network gave black") == true)
    }

    // MARK: too little memory

    @Test func batchIsHalvedAndPixelsStay() async throws {
        let format = PictureFormat.make(35, 27)
        let pictures = (0..<7).map { PictureBuffer.noise(format, seed: $0) }
        let expected = try Upscaler.cpu(.file(await StandIn.blur2.path), format, scale: 2, batch: 7)
            .upscale(pictures, numbers: Array(0..<7)).map(\.samples)
        var told: [String] = []
        let hungry = try Upscaler.cpu(.file(await StandIn.hungryBatch.path), format, scale: 2, batch: 7) {
            told.append($0)
        }
        #expect(try hungry.upscale(pictures, numbers: Array(0..<7)).map(\.samples) == expected)
        #expect(
            told.count == 2 && told[0].contains("batch 3, whole frames") && told[1].contains("batch 1, whole frames"))
        #expect(try hungry.upscale(pictures, numbers: Array(0..<7)).map(\.samples) == expected)
        #expect(told.count == 2 && hungry.batch == 7)
    }

    @Test func thenTheTileIsHalvedAndPixelsStay() async throws {
        let format = PictureFormat.make(64, 48)
        let pictures = (0..<2).map { PictureBuffer.noise(format, seed: $0) }
        let expected = try Upscaler.cpu(.file(await StandIn.blur2.path), format, scale: 2, batch: 2)
            .upscale(pictures, numbers: [0, 1]).map(\.samples)
        var told: [String] = []
        let hungry = try Upscaler.cpu(.file(await StandIn.hungryTile.path), format, scale: 2, batch: 2) {
            told.append($0)
        }
        #expect(try hungry.upscale(pictures, numbers: [0, 1]).map(\.samples) == expected)
        #expect(told.last?.contains("batch 1, tile 16") == true)
    }

    // MARK: real weights

    @Test(
        .enabled(if: RealModel.isThere, "no converted models: run scripts/models.sh, or set UPSCALE_FARM_MODELS"),
        arguments: [2, 3, 4])
    func realNetworksGiveTheSameInTilesAndBatches(scale: Int) throws {
        let format = PictureFormat.make(67, 45)
        let pictures = (0..<3).map { PictureBuffer.noise(format, seed: $0) }
        let source = ModelSource.file(RealModel.path("realesr-animevideov3-x\(scale)"))
        func results(_ engine: CPUEngine, tile: Int, batch: Int, threads: Int = 2) throws -> [[[Int]]] {
            let upscaler = try Upscaler.cpu(
                source, format, scale: scale, tile: tile, batch: batch, threads: threads, engine: engine)
            _ = try upscaler.upscale(pictures[0])  // the second run must not be another compilation's
            return try stride(from: 0, to: 3, by: batch).flatMap { first in
                let numbers = Array(first..<min(first + batch, 3))
                return try upscaler.upscale(numbers.map { pictures[$0] }, numbers: numbers).map(\.samples)
            }
        }
        let (whole, own) = (try results(.torch, tile: 0, batch: 1), try results(.auto, tile: 0, batch: 1))
        #expect(try results(.torch, tile: 16, batch: 4) == whole)
        #expect(try results(.auto, tile: 0, batch: 4, threads: 3) == own)
        #expect(try results(.auto, tile: 16, batch: 4) == results(.auto, tile: 16, batch: 1, threads: 1))
        // Our own kernels sum in another order, and in tiles in yet another one.
        for other in [own, try results(.auto, tile: 16, batch: 4)] {
            let pairs = zip(whole.joined().joined(), other.joined().joined())
            #expect(pairs.allSatisfy { abs($0 - $1) <= 1 })
            #expect(pairs.count { $0 != $1 } < whole.joined().joined().count / 500)
        }
        #expect(Set(own[0][0]).count > 100)
    }
}
