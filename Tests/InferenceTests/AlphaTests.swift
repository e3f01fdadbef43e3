import FarmModel
import Testing

@testable import Inference

/// The plane that says how opaque a picture is goes past the network.
@Suite struct AlphaTests {
    private static func format(_ depth: Int, _ family: PixelLayout.Family = .yuv) -> PictureFormat {
        var format = PictureFormat.make(35, 27, family, depth: depth)
        format.layout = format.layout.with(alpha: true)
        return format
    }

    @Test(arguments: [8, 10, 12, 16], [PixelLayout.Family.yuv, .rgb])
    func nearestRepeatsEverySampleOfAlpha(depth: Int, family: PixelLayout.Family) throws {
        let format = Self.format(depth, family)
        let picture = PictureBuffer.noise(format, seed: depth)
        for scale in 1...3 {
            let result = try Upscaler.cpu(.nearest(scale), format, scale: scale).upscale(picture)
            let expected = PictureBuffer(result.format) { picture.sample($0, $1 / scale, $2 / scale) }
            #expect(result.samples.count == 4)
            #expect(result.samples[3] == expected.samples[3], "scale \(scale)")
        }
    }

    /// Full range: opaque stays opaque at any depth.
    @Test(arguments: [(8, 10), (8, 16), (10, 12), (10, 8), (16, 10)])
    func otherDepths(depths: (Int, Int)) throws {
        let format = Self.format(depths.0)
        let highest = (Double((1 << depths.0) - 1), Double((1 << depths.1) - 1))
        let count = format.width * format.height - 1
        let picture = PictureBuffer(format) { plane, x, y in
            plane == 3 ? Int(highest.0) * (y * format.width + x) / count : 100
        }
        let result = try Upscaler.cpu(.nearest(1), format, to: format.layout.with(bitDepth: depths.1), scale: 1)
            .upscale(picture)
        for (got, source) in zip(result.samples[3], picture.samples[3]) {
            let exact = Double(source) * highest.1 / highest.0
            #expect(abs(Double(got) - exact) <= (depths.1 >= depths.0 ? 0.501 : 1.001))
        }
        #expect(result.samples[3].last == Int(highest.1) && result.samples[3].first == 0)
    }

    @Test func itIsLeftOutOrOpaqueWhereOneSideHasNone() throws {
        let format = Self.format(8)
        let picture = PictureBuffer.noise(format, seed: 1)
        let opaque = try Upscaler.cpu(.nearest(2), format, to: format.layout.with(alpha: false), scale: 2)
            .upscale(picture)
        let whole = try Upscaler.cpu(.nearest(2), format, scale: 2).upscale(picture)
        #expect(opaque.samples == Array(whole.samples.prefix(3)))
        let back = try Upscaler.cpu(.nearest(1), opaque.format, to: format.layout.with(bitDepth: 10), scale: 1)
            .upscale(opaque)
        #expect(back.samples[3].allSatisfy { $0 == 1023 })
    }

    @Test func besideANetworkItIsInterpolated() async throws {
        let format = Self.format(10)
        let picture = PictureBuffer(format) { plane, x, y in plane == 3 ? 100 + 16 * x + 8 * y : 400 }
        let result = try Upscaler.cpu(.file(await StandIn.blur2.path), format, scale: 2, tile: 16).upscale(picture)
        for y in 6..<48 {
            for x in 6..<64 {
                let exact = 100 + 16 * ((Double(x) + 0.5) / 2 - 0.5) + 8 * ((Double(y) + 0.5) / 2 - 0.5)
                #expect(abs(Double(result.sample(3, x, y)) - exact) <= 1)
            }
        }
        // Hard edges stay between clear and opaque.
        let edge = PictureBuffer(format) { plane, x, _ in plane == 3 ? (x < 17 ? 0 : 1023) : 400 }
        let enlarged = try Upscaler.cpu(.file(await StandIn.blur2.path), format, scale: 2).upscale(edge)
        #expect(enlarged.samples[3].allSatisfy { (0...1023).contains($0) })
        #expect(enlarged.sample(3, 4, 4) == 0 && enlarged.sample(3, 60, 4) == 1023)
    }
}
