import FarmModel
import Foundation
import Testing

@testable import Media

/// A film made by arithmetic: a gradient that moves, a square that moves the other way, and noise.
struct SyntheticFilm {
    var format: PictureFormat
    /// Amplitude of the noise, in parts of the full range.
    var noise = 0.02

    init(
        width: Int = 96, height: Int = 64, pixelFormat: String = "yuv420p10le",
        color: ColorDescription = ColorDescription()
    ) throws {
        let layout = try #require(PixelLayout(libavName: pixelFormat))
        format = PictureFormat(width: width, height: height, layout: layout, color: color)
    }

    func picture(_ number: Int) -> PictureBuffer {
        let picture = PictureBuffer(format: format)
        for index in 0..<format.layout.planeCount {
            let size = format.planeSize(index)
            for y in 0..<size.height {
                let line = picture.mutablePlane(index) + y * picture.stride(index)
                for x in 0..<size.width {
                    let sample = sample(plane: index, x, y, size, number)
                    if format.layout.bitDepth > 8 {
                        line.storeBytes(of: UInt16(sample), toByteOffset: 2 * x, as: UInt16.self)
                    } else {
                        line.storeBytes(of: UInt8(sample), toByteOffset: x, as: UInt8.self)
                    }
                }
            }
        }
        return picture
    }

    private func sample(plane: Int, _ x: Int, _ y: Int, _ size: (width: Int, height: Int), _ number: Int) -> Int {
        let top = (1 << format.layout.bitDepth) - 1
        var hash = UInt64(((number * 8191 + plane) * 4099 + y) * 4099 + x) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
        let ramp = Double((x + y + (plane + 1) * number) % size.width) / Double(size.width)
        let inSquare = abs(x - (size.width - number % size.width)) < 8 && abs(y - size.height / 2) < 8
        let value = (inSquare ? 0.8 : 0.2 + 0.5 * ramp) + noise * (Double(hash % 1024) / 512 - 1)
        return max(0, min(top, Int(value * Double(top))))
    }
}

extension SyntheticFilm {
    func settings(
        _ codec: Codec, timeBase: Rational = Rational(1, 1000), frameRate: Rational = Rational(25, 1),
        keyframes: Int = 250
    ) throws -> EncodingSettings {
        let encoder = try #require(EncoderCatalog.encoders(for: codec).first)
        return EncodingSettings(
            codec: codec, encoder: encoder.name, crf: 23,
            preset: codec == .av1 ? "11" : codec == .ffv1 ? nil : "veryfast",
            parameters: [], picture: format, sampleAspectRatio: Rational(1, 1), timeBase: timeBase,
            frameRate: frameRate,
            keyframeInterval: codec == .ffv1 ? 1 : keyframes)
    }

    /// Encodes pictures `range` in an encoder of their own.
    func encode(
        _ range: Range<Int>, _ settings: EncodingSettings, threads: Int = 2,
        timestamp: (Int) -> Int64 = { Int64($0) * 40 }
    ) throws -> (stream: VideoStream, packets: [VideoPacket]) {
        let encoder = try EncoderCatalog.open(settings, threads: threads)
        var packets: [VideoPacket] = []
        for number in range { packets += try encoder.encode(picture(number), timestamp: timestamp(number)) }
        packets += try encoder.finish()
        return (encoder.stream, packets)
    }
}
