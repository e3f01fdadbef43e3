import FarmModel
import Foundation
import Media
import TestSupport
import Testing

/// Whatever the samples are packed like, they come out in planes, unchanged.
@Suite struct PixelFormatTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var format: String
        var codec: String = "rawvideo"
        /// libav's name of the planes expected.
        var planes: String
        var layout: PixelLayout
        var isFull = false
        var testDescription: String { "\(format) \(codec)" }
    }

    private static let yuv420 = PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1)
    private static let yuv422 = PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 0)
    private static let rgb = PixelLayout(family: .rgb, bitDepth: 8)

    static let cases = [
        Case(format: "yuv420p", planes: "yuv420p", layout: yuv420),
        Case(format: "yuva420p", codec: "ffv1", planes: "yuva420p", layout: yuv420.with(alpha: true)),
        Case(
            format: "yuva444p10le", codec: "ffv1", planes: "yuva444p10le",
            layout: PixelLayout(family: .yuv, bitDepth: 10, hasAlpha: true)),
        Case(format: "yuva422p16be", planes: "yuva422p16le", layout: yuv422.with(bitDepth: 16).with(alpha: true)),
        Case(format: "nv12", planes: "yuv420p", layout: yuv420),
        Case(format: "nv21", planes: "yuv420p", layout: yuv420),
        Case(format: "yuyv422", planes: "yuv422p", layout: yuv422),
        Case(format: "uyvy422", planes: "yuv422p", layout: yuv422),
        Case(format: "yuv422p10be", planes: "yuv422p10le", layout: yuv422.with(bitDepth: 10)),
        Case(
            format: "yuv444p12le", codec: "ffv1", planes: "yuv444p12le", layout: PixelLayout(family: .yuv, bitDepth: 12)
        ),
        Case(format: "yuv420p16le", codec: "ffv1", planes: "yuv420p16le", layout: yuv420.with(bitDepth: 16)),
        Case(format: "gray", codec: "ffv1", planes: "gray", layout: PixelLayout(family: .gray, bitDepth: 8)),
        Case(format: "gray16le", codec: "ffv1", planes: "gray16le", layout: PixelLayout(family: .gray, bitDepth: 16)),
        Case(format: "rgb24", planes: "gbrp", layout: rgb, isFull: true),
        Case(format: "bgr24", planes: "gbrp", layout: rgb, isFull: true),
        Case(format: "rgba", planes: "gbrap", layout: rgb.with(alpha: true), isFull: true),
        Case(format: "bgra", codec: "ffv1", planes: "gbrap", layout: rgb.with(alpha: true), isFull: true),
        Case(
            format: "rgba64le", planes: "gbrap16le", layout: rgb.with(bitDepth: 16).with(alpha: true), isFull: true),
        Case(
            format: "gbrap12le", codec: "ffv1", planes: "gbrap12le", layout: rgb.with(bitDepth: 12).with(alpha: true),
            isFull: true),
        Case(format: "bgr0", codec: "ffv1", planes: "gbrp", layout: rgb, isFull: true),
        Case(format: "gbrp10le", codec: "ffv1", planes: "gbrp10le", layout: rgb.with(bitDepth: 10), isFull: true),
        Case(format: "rgb48le", codec: "rawvideo", planes: "gbrp16le", layout: rgb.with(bitDepth: 16), isFull: true),
        Case(format: "yuvj420p", codec: "mjpeg", planes: "yuvj420p", layout: yuv420, isFull: true),
        Case(format: "pal8", codec: "png", planes: "gbrp", layout: rgb, isFull: true),
    ]

    @Test(arguments: cases) func samplesUnchanged(_ item: Case) async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.nut")
        try await ffmpeg([
            "-f", "lavfi", "-i",
            "testsrc2=size=98x66,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='2*X+Y/4',noise=alls=20:allf=t:all_seed=7",
            "-frames:v", "3", "-pix_fmt",
            item.format,
            "-c:v", item.codec, film,
        ])
        let reference = try await referenceFrames(film, pixelFormat: item.planes)
        let description = try FilmDescription.read(film)
        #expect(description.picture.layout == item.layout)
        #expect(description.picture.color.isFullRange == item.isFull)
        #expect(try await straightDecode(film).map(\.hash) == reference.map(\.hash))
        #expect(reference.count == 3)
    }

    /// No container carries this one: cards and hardware decoders give it.
    @Test func p010() async throws {
        let folder = try TemporaryFolder()
        let raw = folder.path("raw")
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=98x66", "-frames:v", "1", "-pix_fmt", "p010le", "-f", "rawvideo", raw,
        ])
        let reference = try await referenceFrames(
            raw, pixelFormat: "yuv420p10le", inputOptions: ["-f", "rawvideo", "-s", "98x66", "-pix_fmt", "p010le"])
        let parameters = CodecParameters(codec: "rawvideo", pixelFormat: "p010le", width: 98, height: 66)
        let decoder = try VideoDecoder(
            stream: VideoStream(parameters: parameters, timeBase: Rational(1, 25), frameRate: Rational(25, 1)),
            threads: 1)
        let packet = VideoPacket(pts: 0, dts: 0, flags: .key, payload: try Data(contentsOf: URL(fileURLWithPath: raw)))
        let frames = try decoder.decode(packet) + decoder.finish()
        #expect(frames.map { frameHash($0) } == reference.map(\.hash))
        #expect(frames.first?.format.layout == Self.yuv420.with(bitDepth: 10))
    }

    /// What to make of it is for those who index films and cut them (`FormatWatch`).
    @Test func picturesComeInTheSizeThatTheyHave() async throws {
        let folder = try TemporaryFolder()
        for (name, size) in [("a", "96x64"), ("b", "64x48")] {
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=\(size)", "-frames:v", "5", "-c:v", "mpeg2video",
                folder.path(name + ".m2v"),
            ])
        }
        let film = folder.path("both.m2v")
        let parts = try ["a", "b"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path($0 + ".m2v"))) }
        try (parts[0] + parts[1]).write(to: URL(fileURLWithPath: film))
        let expected = try await referenceFrames(folder.path("a.m2v")) + referenceFrames(folder.path("b.m2v"))
        #expect(try await straightDecode(film).map(\.hash) == expected.map(\.hash) && expected.count == 10)
    }
}

/// The film decoded from start to end, without an index.
func straightDecode(_ film: String, threads: Int = 2) async throws -> [FrameHash] {
    try await onThread {
        let demuxer = try Demuxer(path: film)
        let decoder = try VideoDecoder(stream: demuxer.video, threads: threads)
        var frames: [VideoFrame] = []
        while let packet = try demuxer.next() {
            if packet.stream == demuxer.videoIndex { frames += try decoder.decode(VideoPacket(packet)) }
        }
        frames += try decoder.finish()
        return frames.map { FrameHash(timestamp: $0.timestamp, hash: frameHash($0)) }
    }
}
