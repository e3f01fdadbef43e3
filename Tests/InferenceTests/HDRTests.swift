import FarmModel
import Testing

@testable import Inference

private let needsModels: Comment = "no converted models: run scripts/models.sh, or set UPSCALE_FARM_MODELS"

/// PQ and HLG through a network that was trained on SDR: docs/decisions/0010-hdr-in-the-network.md.
@Suite(.enabled(if: RealModel.isThere, needsModels)) struct HDRTests {
    static let levels = [0.01, 0.05, 0.2, 1, 5, 20, 100, 203, 400, 1000, 2000, 4000]
    static let colours: [Triple] = [
        [1, 1, 1], [1, 0.1, 0.1], [0.1, 1, 0.1], [0.1, 0.1, 1], [1, 0.72, 0.55], [0.45, 0.7, 1],
    ]
    /// Far enough from a patch's middle that the network does not see the next one there.
    static let side = 64

    @Test(arguments: HDRTransfer.allCases) func flatPatchesComeBackAndHighlightsDoNotClip(transfer: HDRTransfer) throws
    {
        let levels = Self.levels.filter { $0 <= transfer.peak }
        let patches = Self.colours.flatMap { colour in
            // HLG has no pure colour as bright as its white.
            levels.map { BT2020Codes.yuv(transfer.code(colour * $0).clamped(lowerBound: .zero, upperBound: .one)) }
        }
        let results = try enlarged(patches, columns: levels.count)
        let sources = patches.map { transfer.nits(BT2020Codes.rgb($0)) }
        let differences = zip(sources, results).map { deltaEITP($0, transfer.nits(BT2020Codes.rgb($1))) }
        #expect(differences.sorted()[differences.count / 2] <= 1)
        // In the dark one code of 10 bits of HLG is 20 times what an eye sees: the worst is counted in codes.
        let codes = zip(patches, results).map { zip($0, $1).map { abs($0 - $1) }.max() ?? 0 }
        #expect(codes.allSatisfy { $0 <= 1 }, "\(codes)")
        // The brightest gray keeps its light; each step of gray stays one.
        let gray = results.prefix(levels.count).map { $0[0] }
        #expect(gray == gray.sorted() && Set(gray).count == gray.count)
        #expect(abs(gray[levels.count - 1] - patches[levels.count - 1][0]) <= 1)
    }

    /// A slope of PQ up to 10,000 nits: it goes on rising to its end.
    @Test func slopesRiseToTheEnd() throws {
        let format = Self.format(512, 32)
        let picture = PictureBuffer(format) { plane, x, _ in plane == 0 ? 64 + 876 * x / 511 : 512 }
        let result = try upscaler(format).upscale(picture)
        let line = (0..<2048).map { result.sample(0, $0, 64) }
        for x in stride(from: 16, to: 2048 - 32, by: 16) {
            #expect(line[x + 16] > line[x], "at \(x)")
        }
        #expect(line[2040] >= 930)
    }

    // MARK: -

    private static func format(_ width: Int, _ height: Int) -> PictureFormat {
        .make(width, height, depth: 10, matrix: 9, location: .topLeft)
    }

    private func upscaler(_ format: PictureFormat) throws -> Upscaler {
        try Upscaler.cpu(.file(RealModel.path("realesr-animevideov3-x4")), format, scale: 4, tile: 128)
    }

    /// The codes in the middle of each patch, of one picture with all of them.
    private func enlarged(_ patches: [[Int]], columns: Int) throws -> [[Int]] {
        let side = Self.side
        let format = Self.format(columns * side, patches.count / columns * side)
        let picture = PictureBuffer(format) { plane, x, y in
            let side = plane == 0 ? side : side / 2
            return patches[y / side * columns + x / side][plane]
        }
        let result = try upscaler(format).upscale(picture)
        return patches.indices.map { index in
            (0..<3).map { plane in
                let side = plane == 0 ? 4 * side : 2 * side
                return result.sample(plane, index % columns * side + side / 2, index / columns * side + side / 2)
            }
        }
    }
}
