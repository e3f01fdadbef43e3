import FarmModel
import Foundation
import Media
import TestSupport
import Testing

/// What pictures carry beside their samples, through a whole run.
@Suite struct HDRTests {
    private static let frames = 24

    @Test(arguments: ["mkv", "mp4"]) func theyComeOutOnTheirFrames(container: String) async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.mkv")
        try await Self.make(film, in: folder)
        let output = folder.path("out.\(container)")
        let ended = try await upscale(
            film, to: output, in: folder,
            ["--model", "nearest", "--scale", "2", "--preset", "ultrafast", "--segment-frames", "7"])
        let expected = try await Self.sideData(film)
        #expect(expected.count > 20 * Self.frames && expected.contains { $0.contains("maxscl") })
        #expect(try await Self.sideData(output) == expected)
        #expect(!ended.output.contains("left out"), "\(ended.output)")
        #expect(try await Judge.complaints(output) == "")
        #expect(try await Judge.faults(output, of: film) == "")
    }

    @Test func whatIsLostIsSaid() async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.mkv")
        try await Self.make(film, in: folder)
        let ended = try await upscale(
            film, to: folder.path("out.mkv"), in: folder, ["--model", "nearest", "--scale", "1", "--codec", "ffv1"])
        let warnings = ended.events.filter { $0["event"] as? String == "warning" }.compactMap { $0["text"] as? String }
        #expect(warnings.contains { $0.contains("closed captions") }, "\(ended.output)")
        #expect(warnings.contains { $0.contains("HDR10+") }, "\(ended.output)")
    }

    /// All that ffprobe reads beside the samples, frame by frame.
    private static func sideData(_ film: String) async throws -> [String] {
        let output = try await run(
            "ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_frames", "-of", "default", film])
        var isInside = false
        return String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { line in
            if line == "[SIDE_DATA]" { isInside = true }
            defer { if line == "[/SIDE_DATA]" { isInside = false } }
            return isInside ? String(line) : line.hasPrefix("color_") ? String(line) : nil
        }
    }

    /// A film whose every frame carries captions and HDR10+ of its own.
    private static func make(_ path: String, in folder: TemporaryFolder) async throws {
        let plain = folder.path("plain.mkv")
        try await ffmpeg(["-f", "lavfi", "-i", "testsrc2=size=96x64", "-frames:v", "1", plain])
        let format = PictureFormat(
            width: 96, height: 64, layout: PixelLayout(family: .yuv, bitDepth: 10, chromaShiftX: 1, chromaShiftY: 1),
            color: ColorDescription(matrix: 9, primaries: 9, transfer: 16, chromaLocation: .topLeft))
        let settings = EncodingSettings(
            codec: .hevc, encoder: "libx265", crf: 20, preset: "ultrafast", parameters: [], picture: format,
            sampleAspectRatio: Rational(1, 1), timeBase: Rational(1, 1000), frameRate: Rational(25, 1),
            keyframeInterval: 12,
            hdr: StaticHDR(
                display: .init(
                    red: .init(34000, 16000), green: .init(13250, 34500), blue: .init(7500, 3000),
                    white: .init(15635, 16450), leastLuminance: 50, mostLuminance: 10_000_000),
                light: .init(most: 1000, frameAverage: 400)))
        let encoder = try EncoderCatalog.open(settings, threads: 1)
        var packets: [VideoPacket] = []
        for number in 0..<frames {
            packets += try encoder.encode(picture(format, number), timestamp: Int64(number) * 40)
        }
        packets += try encoder.finish()
        var writer = try PacketFileWriter(path: folder.path("segment"), stream: encoder.stream)
        for packet in packets { try writer.append(packet) }
        try writer.finish()
        let plan = FilmPlan(
            source: plain, videoIndex: 0, segments: [folder.path("segment")],
            timestamps: (0..<frames).map { Int64($0) * 40 }, encoding: settings, output: path)
        _ = try FilmWriter.write(plan, to: path)
    }

    private static func picture(_ format: PictureFormat, _ number: Int) -> PictureBuffer {
        let picture = PictureBuffer(format: format)
        for plane in 0..<3 {
            let size = format.planeSize(plane)
            for y in 0..<size.height {
                let line = picture.mutablePlane(plane) + y * picture.stride(plane)
                for x in 0..<size.width {
                    line.storeBytes(of: UInt16(300 + 4 * x + 2 * y + number), toByteOffset: 2 * x, as: UInt16.self)
                }
            }
        }
        picture.messages = [
            .captions(Data([0xFC, 0x94, UInt8(0x20 + number)])), .dynamicHDR(dynamicHDR(number)),
        ]
        return picture
    }

    /// ST 2094-40 without percentiles, knee or saturation: maxscl and the average differ from frame to frame.
    private static func dynamicHDR(_ number: Int) -> Data {
        var text = ""
        func put(_ value: Int, _ bits: Int) {
            let digits = String(value, radix: 2)
            text += String(repeating: "0", count: bits - digits.count) + digits
        }
        for (value, bits) in [(0xB5, 8), (0x3C, 16), (1, 16), (4, 8), (1, 8), (1, 2), (400, 27), (0, 1)] {
            put(value, bits)
        }
        for value in [70_000 + number, 60_000, 50_000, 1000 + number] { put(value, 17) }
        for (value, bits) in [(0, 4), (500, 10), (0, 1), (0, 1), (0, 1)] { put(value, bits) }
        text += String(repeating: "0", count: (8 - text.count % 8) % 8)
        return Data(
            stride(from: 0, to: text.count, by: 8).compactMap {
                UInt8(text.dropFirst($0).prefix(8), radix: 2)
            })
    }
}
