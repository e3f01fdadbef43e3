import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Inference

/// The tensor path (`nearest` x1) against zscale, a converter of somebody else's: within a code value.
@Suite struct ZscaleTests {
    static let matrices = [1, 4, 5, 6, 7, 9]
    static let depths = [8, 10, 12]

    @Test(arguments: [false, true]) func everyMatrixToRGB(full: Bool) async throws {
        let conversions = Self.matrices.flatMap { matrix in
            Self.depths.flatMap { from in
                Self.depths.map { to in
                    Conversion(.make(depth: from, shift: (0, 0), matrix: matrix, full: full), to: .rgb(to))
                }
            }
        }
        try await expectAgreement(conversions)
    }

    @Test(arguments: [false, true]) func everyMatrixFromRGB(full: Bool) async throws {
        let conversions = Self.matrices.flatMap { matrix in
            Self.depths.flatMap { from in
                Self.depths.map { to in
                    Conversion(.make(.rgb, depth: from, matrix: matrix, full: full), to: .yuv(to, (0, 0)))
                }
            }
        }
        try await expectAgreement(conversions)
    }

    /// The filters differ where chroma is made smaller (zscale's triangle spans twice ours in the middle between samples):
    /// on smooth pictures that does not show, a siting taken wrongly does.
    @Test(arguments: [(1, 1), (1, 0)]) func everySitingBothWays(shift: (Int, Int)) async throws {
        let locations: [ChromaLocation] = [.left, .center, .topLeft, .top, .bottomLeft, .bottom]
        let conversions = locations.flatMap { location in
            Self.depths.flatMap { depth in
                [
                    Conversion(.make(depth: depth, shift: shift, location: location), to: .rgb(depth)),
                    Conversion(.make(.rgb, depth: depth, location: location), to: .yuv(depth, shift)),
                ]
            }
        }
        try await expectAgreement(conversions)
    }

    private func expectAgreement(_ conversions: [Conversion]) async throws {
        let folder = try TemporaryFolder()
        try await zscale(conversions, in: folder)
        for (index, conversion) in conversions.enumerated() {
            let picture = conversion.picture
            let ours = try Upscaler.cpu(.nearest(1), conversion.from, to: conversion.to, scale: 1, threads: 1)
                .upscale(picture)
            let theirs = try PictureBuffer(ours.format, raw: folder.path("\(index).out"))
            // Both repeat the border, zscale in mirrored order: inside, where chroma has neighbours on all sides.
            let difference = largestDifference(ours, theirs, border: 4)
            #expect(difference <= 1, "\(conversion)")
        }
    }

    /// One process for all: an input, a chain and an output each.
    private func zscale(_ conversions: [Conversion], in folder: TemporaryFolder) async throws {
        var inputs: [String] = []
        var chains: [String] = []
        var outputs: [String] = []
        for (index, conversion) in conversions.enumerated() {
            let path = folder.path("\(index).in")
            try conversion.picture.raw.write(to: URL(fileURLWithPath: path))
            let size = "\(conversion.from.width)x\(conversion.from.height)"
            inputs += ["-f", "rawvideo", "-pix_fmt", conversion.from.layout.name, "-s", size, "-i", path]
            chains.append("[\(index):v]zscale=\(conversion.options),format=\(conversion.to.name)[o\(index)]")
            outputs += ["-map", "[o\(index)]", "-f", "rawvideo", folder.path("\(index).out")]
        }
        try await ffmpeg(inputs + ["-filter_complex", chains.joined(separator: ";")] + outputs)
    }
}

/// From one format to another layout, and what zscale must be told for it.
private struct Conversion: CustomStringConvertible {
    let from: PictureFormat
    let to: PixelLayout

    init(_ from: PictureFormat, to: PixelLayout) {
        self.from = from
        self.to = to
    }

    var description: String { "\(from.layout.name) \(from.color) to \(to.name)" }

    /// Slopes and waves over most of the nominal range.
    var picture: PictureBuffer {
        let unit = Double(1 << (from.layout.bitDepth - 8))
        return PictureBuffer(from) { plane, x, y in
            let size = from.planeSize(plane)
            let (u, v) = (Double(x) / Double(size.width), Double(y) / Double(size.height))
            let middle = [125.0, 128, 128][plane]
            return Int((middle + 50 * sin(4 * u + Double(plane) + 2 * v) + 40 * (u - v)) * unit)
        }
    }

    var options: String {
        let yuv = "\(from.color.matrix)"
        let range = from.color.isFullRange ? "full" : "limited"
        let siting = ["", "left", "center", "topleft", "top", "bottomleft", "bottom"][
            from.color.chromaLocation.rawValue]
        let ways =
            from.layout.family == .rgb
            ? ["matrixin=gbr", "rangein=full", "matrix=\(yuv)", "range=\(range)", "chromal=\(siting)"]
            : ["matrixin=\(yuv)", "rangein=\(range)", "chromalin=\(siting)", "matrix=gbr", "range=full"]
        return (ways + ["filter=bilinear", "dither=none"]).joined(separator: ":")
    }
}

extension PictureFormat {
    fileprivate static func make(
        _ family: PixelLayout.Family = .yuv, depth: Int, shift: (Int, Int) = (1, 1), matrix: Int = 1,
        full: Bool = false,
        location: ChromaLocation = .left
    ) -> PictureFormat {
        .make(64, 48, family, depth: depth, shift: shift, matrix: matrix, full: full, location: location)
    }
}

extension PixelLayout {
    fileprivate static func rgb(_ depth: Int) -> PixelLayout { PixelLayout(family: .rgb, bitDepth: depth) }

    fileprivate static func yuv(_ depth: Int, _ shift: (Int, Int)) -> PixelLayout {
        PixelLayout(family: .yuv, bitDepth: depth, chromaShiftX: shift.0, chromaShiftY: shift.1)
    }

    /// libav's.
    fileprivate var name: String {
        let planes = family == .rgb ? "gbrp" : ["yuv444p", "yuv422p", "yuv420p"][chromaShiftX + chromaShiftY]
        return bitDepth == 8 ? planes : "\(planes)\(bitDepth)le"
    }
}

/// The largest difference of two pictures' samples further than `border` from the edges.
private func largestDifference(_ a: PictureBuffer, _ b: PictureBuffer, border: Int) -> Int {
    (0..<a.format.layout.planeCount).map { plane in
        let size = a.format.planeSize(plane)
        return (border..<size.height - border).flatMap { y in
            (border..<size.width - border).map { x in abs(a.sample(plane, x, y) - b.sample(plane, x, y)) }
        }.max() ?? 0
    }.max() ?? 0
}
