import FarmModel
import Foundation
import Testing

@testable import Inference

/// What follows the network: kernels of our own on the CPU do what tensor operations do on other devices, but for the last rounding.
@Suite struct FinishingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var format: PictureFormat
        var depth: Int
        var testDescription: String { "\(format.summary) to \(depth) bit" }
    }

    /// Every subsampling and siting, odd sizes, depths up and down, grey, RGB and alpha.
    private static let cases: [Case] = {
        var cases: [Case] = []
        for shift in [(0, 0), (1, 0), (1, 1), (2, 0), (2, 2)] {
            for location in [ChromaLocation.left, .center, .topLeft, .bottom] {
                var format = PictureFormat.make(37, 29, shift: shift)
                format.color.chromaLocation = location
                cases.append(Case(format: format, depth: 8))
            }
        }
        for (depth, to) in [(8, 10), (10, 8), (16, 10), (8, 16), (16, 16), (12, 9)] {
            cases.append(Case(format: .make(37, 29, depth: depth), depth: to))
            cases.append(Case(format: .make(18, 1, .rgb, depth: depth), depth: to))
        }
        cases.append(Case(format: .make(37, 29, .gray), depth: 8))
        var alpha = PictureFormat.make(21, 16)
        alpha.layout = alpha.layout.with(alpha: true)
        cases.append(Case(format: alpha, depth: 8))
        return cases
    }()

    @Test(arguments: cases) func kernelsDoWhatTensorOperationsDo(_ one: Case) async throws {
        let layout = one.format.layout.with(bitDepth: one.depth)
        let network = ModelSource.file(try await StandIn.blur2.path)
        for (model, scale) in [(ModelSource.nearest(1), 1), (.nearest(3), 3), (network, 2)] {
            let results = try [false, true].map { plain in
                try Upscaler.cpu(model, one.format, to: layout, scale: scale, plain: plain)
                    .upscale(PictureBuffer.noise(one.format, seed: 4), number: 7).samples
            }
            for (fused, plain) in zip(results[0], results[1]) {
                // At 16 bit floats have hardly a code's precision.
                let most = one.depth > 12 ? 3 : 1
                #expect(zip(fused, plain).allSatisfy { abs($0 - $1) <= most })
                // Chroma that is only copied lies half-way between two codes often enough.
                let isRounded = one.depth > 12 || (model != network && one.format.layout.chromaShiftX > 0)
                #expect(isRounded || zip(fused, plain).count { $0 != $1 } <= fused.count / 100)
            }
        }
    }

    @Test func bitsDoNotDependOnThreads() async throws {
        let format = PictureFormat.make(333, 181, depth: 10)
        let model = ModelSource.file(try await StandIn.blur2.path)
        let results = try [1, 2, 3].map { threads in
            try Upscaler.cpu(model, format, to: format.layout.with(bitDepth: 8), scale: 2, threads: threads)
                .upscale(PictureBuffer.noise(format, seed: 9), number: 3).samples
        }
        #expect(results[1] == results[0] && results[2] == results[0])
    }
}
