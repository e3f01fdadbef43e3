import FarmModel
import Testing

@testable import Inference

/// What a film holds comes back within a code value: every matrix, range, siting, sampling and depth, through `nearest`.
@Suite struct ColorRoundTripTests {
    static let depths = [8, 10, 12, 16]
    static let outputDepths = [8, 10, 12]
    /// 2 is unspecified: the pictures here are lower than HD, and `unspecifiedMatrixIsTheOneOfTheHeight` has the others.
    static let matrices = [1, 2, 4, 5, 6, 7, 9]
    static let locations: [ChromaLocation] = [.unspecified, .left, .center, .topLeft, .top, .bottomLeft, .bottom]

    /// Flat patches of the bars and more: codes of 8 bits in nominal range, four patches of 12x6 a line.
    static let patches: [[Int]] = [
        [16, 128, 128], [235, 128, 128], [126, 128, 128], [180, 128, 128],  // black, white, grays
        [168, 44, 136], [145, 147, 44], [134, 63, 52], [63, 193, 204],  // yellow, cyan, green, magenta at 75 %
        [51, 109, 212], [28, 212, 120], [54, 34, 160], [90, 166, 16],  // red, blue, and colours no display shows
        [40, 240, 128], [128, 128, 240], [100, 100, 100], [17, 129, 127],
    ]

    @Test(arguments: matrices, [false, true]) func flatPatchesComeBack(matrix: Int, full: Bool) throws {
        for sampling in Sampling.all {
            for (from, to) in Self.pairs {
                let format = sampling.format(48, 24, depth: from, matrix: matrix, full: full)
                try expectPatches(format, depth: to)
            }
        }
    }

    /// Sitings, where there are any: their arithmetic is that of the matrix, whichever it is.
    @Test(arguments: locations) func flatPatchesComeBackOfEverySiting(location: ChromaLocation) throws {
        for sampling in Sampling.all where sampling.isSubsampled {
            for (from, to) in Self.pairs {
                for matrix in [1, 9] {
                    let format = sampling.format(
                        48, 24, depth: from, matrix: matrix, full: from == 8, location: location)
                    try expectPatches(format, depth: to)
                }
            }
        }
    }

    /// Every code of gray: nominal range, and full.
    @Test(arguments: matrices, [false, true]) func everyGrayComesBack(matrix: Int, full: Bool) throws {
        for sampling in [Sampling.yuv444, .yuv420] {
            for (from, to) in Self.pairs {
                let format = sampling.format(64, 64, depth: from, matrix: matrix, full: full)
                for scale in 1...2 { try expectRamp(format, depth: to, scale: scale) }
            }
        }
    }

    @Test(arguments: [Sampling.gray, .rgb, .identity], [false, true])
    func everyCodeOfGrayAndRGBComesBack(sampling: Sampling, full: Bool) throws {
        for (from, to) in Self.pairs {
            // RGB is taken as full range, whatever it is tagged as.
            let format = sampling.format(
                64, 64, depth: from, matrix: sampling.matrix ?? 1, full: full || sampling == .rgb)
            for scale in 1...2 { try expectRamp(format, depth: to, scale: scale) }
        }
    }

    /// Where less depth is left, noise decides between two neighbours, so that the mean is kept.
    @Test(arguments: [(10, 8), (12, 8), (12, 10), (16, 8), (16, 10), (16, 12)], [false, true])
    func lessDepthKeepsTheMean(depths: (Int, Int), full: Bool) throws {
        let (from, to) = depths
        let format = Sampling.yuv444.format(96, 96, depth: from, matrix: 1, full: full)
        let step = 1 << (from - to)
        for fraction in [1, step / 2, step - 1] {
            let flat = PictureBuffer(format) { plane, _, _ in (100 << (from - 8)) + fraction + plane * step }
            let result = try Upscaler.cpu(.nearest(1), format, to: format.layout.with(bitDepth: to), scale: 1)
                .upscale(flat)
            for plane in 0..<3 {
                let exact = Expectation(format, plane: plane, depth: to).code(flat.sample(plane, 0, 0))
                let samples = result.samples[plane]
                #expect(samples.allSatisfy { abs(Double($0) - exact) < 1 })
                let mean = Double(samples.reduce(0, +)) / Double(samples.count)
                // Five standard errors of a coin at its widest.
                let limit = 2.5 / 96.0
                #expect(abs(mean - exact) < limit, "\(fraction) of \(step), plane \(plane)")
            }
        }
    }

    @Test(arguments: [(719, 6), (720, 1)]) func unspecifiedMatrixIsTheOneOfTheHeight(height: Int, matrix: Int) throws {
        let rgb = PixelLayout(family: .rgb, bitDepth: 10)
        let results = try [2, matrix].map { matrix in
            let format = PictureFormat.make(16, height, shift: (0, 0), matrix: matrix)
            let picture = PictureBuffer(format) { plane, x, _ in [100 + x, 90, 170][plane] }
            return try Upscaler.cpu(.nearest(1), format, to: rgb, scale: 1).upscale(picture)
        }
        #expect(largestDifferences(results[0], results[1]) == [0, 0, 0])
    }

    // MARK: -

    static let pairs = depths.flatMap { from in outputDepths.map { (from, $0) } }

    private func expectPatches(_ format: PictureFormat, depth: Int) throws {
        let shift = format.layout.bitDepth - 8
        let picture = PictureBuffer(format) { plane, x, y in
            let size = format.planeSize(plane)
            return Self.patches[y * 4 / size.height * 4 + x * 4 / size.width][plane] << shift
        }
        for scale in 1...2 {
            let result = try Upscaler.cpu(
                .nearest(scale), format, to: format.layout.with(bitDepth: depth), scale: scale, threads: 1
            ).upscale(picture)
            for plane in 0..<format.layout.planeCount {
                let expected = Expectation(format, plane: plane, depth: depth)
                let size = result.format.planeSize(plane)
                for (index, codes) in Self.patches.enumerated() {
                    // The middle of the patch: subsampled chroma has an edge on either side.
                    let (x, y) = ((index % 4 * 2 + 1) * size.width / 8, (index / 4 * 2 + 1) * size.height / 8)
                    let got = result.sample(plane, x, y)
                    if !expected.holds(got, for: codes[plane] << shift) {
                        Issue.record("\(format) to \(depth) bits x\(scale): \(codes) plane \(plane) is \(got)")
                    }
                }
            }
        }
    }

    private func expectRamp(_ format: PictureFormat, depth: Int, scale: Int) throws {
        let from = format.layout.bitDepth
        let isNominal = !format.color.isFullRange && format.layout.family != .rgb
        let lowest = isNominal ? 16 << (from - 8) : 0
        let highest = isNominal ? 235 << (from - 8) : (1 << from) - 1
        let isGray = format.layout.family == .yuv && format.color.matrix != 0
        let count = format.width * format.height
        let picture = PictureBuffer(format) { plane, x, y in
            plane > 0 && isGray
                ? 1 << (from - 1) : lowest + (highest - lowest) * (y * format.width + x) / (count - 1)
        }
        let result = try Upscaler.cpu(
            .nearest(scale), format, to: format.layout.with(bitDepth: depth), scale: scale, threads: 1
        )
        .upscale(picture)
        for plane in 0..<format.layout.planeCount {
            let expected = Expectation(format, plane: plane, depth: depth)
            let wrong = expected.firstWrong(result, of: picture, plane: plane, scale: isGray && plane > 0 ? 0 : scale)
            if let wrong { Issue.record("\(format) to \(depth) bits x\(scale), plane \(plane): \(wrong)") }
        }
    }
}

/// The samplings that films have, and what their planes are.
enum Sampling: CaseIterable, Sendable {
    case yuv420, yuv422, yuv444, yuv411, yuv440, gray, rgb
    /// RGB tagged as 4:4:4 with matrix 0.
    case identity

    static let all: [Sampling] = [.yuv420, .yuv422, .yuv444, .yuv411, .yuv440, .gray, .rgb]

    var isSubsampled: Bool { shift != (0, 0) }
    var matrix: Int? { self == .identity ? 0 : nil }

    private var shift: (Int, Int) {
        switch self {
        case .yuv420: (1, 1)
        case .yuv422: (1, 0)
        case .yuv411: (2, 0)
        case .yuv440: (0, 1)
        default: (0, 0)
        }
    }

    private var family: PixelLayout.Family { self == .gray ? .gray : self == .rgb ? .rgb : .yuv }

    func format(
        _ width: Int, _ height: Int, depth: Int, matrix: Int, full: Bool, location: ChromaLocation = .left
    ) -> PictureFormat {
        .make(width, height, family, depth: depth, shift: shift, matrix: matrix, full: full, location: location)
    }
}

/// What a code becomes at another depth, by ITU-T H.273.
struct Expectation {
    private let gain: Double
    private let offset: (from: Double, to: Double)
    private let isExact: Bool

    init(_ format: PictureFormat, plane: Int, depth: Int) {
        let from = format.layout.bitDepth
        let isFull = format.color.isFullRange || format.layout.family == .rgb
        func highest(_ depth: Int) -> Double { Double((1 << depth) - 1) }
        gain = isFull ? highest(depth) / highest(from) : Double(1 << depth) / Double(1 << from)
        let isChroma = plane > 0 && format.layout.family == .yuv && format.color.matrix != 0
        // Limited luma: a shift moves its offset with it.
        offset = isChroma && isFull ? (Double(1 << (from - 1)), Double(1 << (depth - 1))) : (0, 0)
        isExact = depth >= from
    }

    func code(_ source: Int) -> Double { (Double(source) - offset.from) * gain + offset.to }

    /// Exactly the rounded code where depth is kept or gained, one of its two neighbours where it is lost.
    func holds(_ code: Int, for source: Int) -> Bool {
        let exact = self.code(source)
        return abs(Double(code) - exact) <= (isExact ? 0.501 : 1.001)
    }

    /// The first sample of `result` that is not what `picture` held there; `scale` 0 compares with its first sample.
    func firstWrong(_ result: PictureBuffer, of picture: PictureBuffer, plane: Int, scale: Int) -> String? {
        let size = result.format.planeSize(plane)
        for y in 0..<size.height {
            for x in 0..<size.width {
                let source = scale == 0 ? picture.sample(plane, 0, 0) : picture.sample(plane, x / scale, y / scale)
                let got = result.sample(plane, x, y)
                if !holds(got, for: source) { return "\(source) became \(got) at \(x), \(y)" }
            }
        }
        return nil
    }
}
