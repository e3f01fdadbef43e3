import FarmModel
import Foundation
import Testing

@testable import Inference

/// 64-bit linear congruential numbers: noise that is the same in every run.
struct Noise {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 }

    /// 0 ..< limit
    mutating func next(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }
}

extension PictureFormat {
    static func make(
        _ width: Int, _ height: Int, _ family: PixelLayout.Family = .yuv, depth: Int = 8, shift: (Int, Int) = (1, 1),
        matrix: Int = 1, full: Bool = false, location: ChromaLocation = .left
    ) -> PictureFormat {
        let shift = family == .yuv ? shift : (0, 0)
        return PictureFormat(
            width: width, height: height,
            layout: PixelLayout(family: family, bitDepth: depth, chromaShiftX: shift.0, chromaShiftY: shift.1),
            color: ColorDescription(matrix: matrix, isFullRange: full, chromaLocation: location))
    }
}

extension PictureBuffer {
    /// A picture whose samples `value(plane, x, y)` gives.
    convenience init(_ format: PictureFormat, _ value: (Int, Int, Int) -> Int) {
        self.init(format: format)
        for index in 0..<format.layout.planeCount {
            let size = format.planeSize(index)
            for y in 0..<size.height {
                let line = mutablePlane(index) + y * stride(index)
                for x in 0..<size.width {
                    let sample = value(index, x, y)
                    if format.layout.bytesPerSample == 1 {
                        line.storeBytes(of: UInt8(sample), toByteOffset: x, as: UInt8.self)
                    } else {
                        line.storeBytes(of: UInt16(sample), toByteOffset: 2 * x, as: UInt16.self)
                    }
                }
            }
        }
    }

    /// Noise over all codes, within smooth slopes: every value, and edges.
    static func noise(_ format: PictureFormat, seed: Int) -> PictureBuffer {
        var noise = Noise(seed)
        let limit = 1 << format.layout.bitDepth
        return PictureBuffer(format) { plane, x, y in
            (x * limit / 2 / format.width + y * limit / 4 / format.height + noise.next(limit / 4) + plane * limit / 16)
                % limit
        }
    }

    func sample(_ plane: Int, _ x: Int, _ y: Int) -> Int {
        let line = self.plane(plane) + y * stride(plane)
        return format.layout.bytesPerSample == 1
            ? Int(line.load(fromByteOffset: x, as: UInt8.self)) : Int(line.load(fromByteOffset: 2 * x, as: UInt16.self))
    }

    /// All samples, plane by plane, without the lines' padding.
    var samples: [[Int]] {
        (0..<format.layout.planeCount).map { plane in
            let size = format.planeSize(plane)
            return (0..<size.height).flatMap { y in (0..<size.width).map { x in sample(plane, x, y) } }
        }
    }
}

extension PictureBuffer {
    /// As libav's raw video: the planes one after the other, without the lines' padding.
    var raw: Data {
        var data = Data()
        for index in 0..<format.layout.planeCount {
            let size = format.planeSize(index)
            for y in 0..<size.height {
                data.append(
                    contentsOf: UnsafeRawBufferPointer(
                        start: plane(index) + y * stride(index), count: size.width * format.layout.bytesPerSample))
            }
        }
        return data
    }

    convenience init(_ format: PictureFormat, raw path: String) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let sample = format.layout.bytesPerSample
        let starts = (0..<format.layout.planeCount).map { plane in
            (0..<plane).reduce(0) { $0 + format.planeSize($1).width * format.planeSize($1).height * sample }
        }
        self.init(format) { plane, x, y in
            let at = starts[plane] + (y * format.planeSize(plane).width + x) * sample
            return sample == 1 ? Int(bytes[at]) : Int(bytes[at]) | Int(bytes[at + 1]) << 8
        }
    }
}

/// The largest difference of two pictures' samples in each plane.
func largestDifferences(_ a: PictureBuffer, _ b: PictureBuffer) -> [Int] {
    zip(a.samples, b.samples).map { zip($0, $1).map { abs($0 - $1) }.max() ?? 0 }
}

extension Upscaler {
    /// On the CPU, whole frames, one at a time.
    static func cpu(
        _ model: ModelSource, _ input: PictureFormat, to layout: PixelLayout? = nil, color: ColorDescription? = nil,
        size: (width: Int, height: Int)? = nil, scale: Int, tile: Int = 0, batch: Int = 1, threads: Int = 2,
        engine: CPUEngine = .auto, blendRadius: Int = 0, plain: Bool = false, defers: Bool? = nil,
        onFallback: @escaping (String) -> Void = { _ in }
    ) throws -> Upscaler {
        let size = size ?? (input.width * scale, input.height * scale)
        let output = PictureFormat(
            width: size.width, height: size.height, layout: layout ?? input.layout, color: color ?? input.color)
        return try Upscaler(
            model: model, device: .cpu, input: input, output: output, scale: scale,
            shape: ExecutionShape(tile: tile, batch: batch, precision: .fp32), threads: threads,
            engine: engine, blendRadius: blendRadius, plain: plain, underWay: defers.map { $0 ? 3 : 0 },
            onFallback: onFallback)
    }

    func upscale(_ picture: PictureBuffer, number: Int = 0) throws -> PictureBuffer {
        try #require(try upscale([picture], numbers: [number]).first)
    }
}
