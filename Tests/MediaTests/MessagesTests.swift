import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// What pictures carry beside their samples, through encoders and back through libavcodec and ffprobe.
@Suite struct MessagesTests {
    /// One window, nine percentiles, a knee and nine anchors: what cameras and graders write (application version 1).
    static func dynamicHDR(_ seed: Int) -> Data {
        var bits = BitWriter()
        for (value, size) in [(0xB5, 8), (0x3C, 16), (1, 16), (4, 8), (1, 8), (1, 2), (400 + seed, 27), (0, 1)] {
            bits.write(value, bits: size)
        }
        for value in [70_000 + seed, 60_000, 50_000, 1234 + seed] { bits.write(value, bits: 17) }
        bits.write(9, bits: 4)
        for (index, percent) in [1, 5, 10, 25, 50, 75, 90, 95, 99].enumerated() {
            bits.write(percent, bits: 7)
            bits.write(1000 * index + seed, bits: 17)
        }
        bits.write(500, bits: 10)
        for (value, size) in [(0, 1), (1, 1), (64 + seed, 12), (2000, 12), (9, 4)] { bits.write(value, bits: size) }
        for anchor in 1...9 { bits.write(100 * anchor, bits: 10) }
        bits.write(1, bits: 1)
        bits.write(33, bits: 6)
        return bits.finish()
    }

    static func captions(_ seed: Int) -> Data { Data([0xFC, 0x94, UInt8(0x20 + seed % 80), 0xFD, 0x80, 0x80]) }

    static let hdr = StaticHDR(
        display: .init(
            red: .init(34000, 16000), green: .init(13250, 34500), blue: .init(7500, 3000), white: .init(15635, 16450),
            leastLuminance: 50, mostLuminance: 10_000_000),
        light: .init(most: 1000, frameAverage: 400))

    static let pq = ColorDescription(matrix: 9, primaries: 9, transfer: 16)

    /// A film of 24 frames as `coordinator` writes it, each with messages of its own.
    static func film(_ codec: Codec, to path: String, folder: TemporaryFolder, dynamic: Bool = true) throws {
        let synthetic = try SyntheticFilm(pixelFormat: codec == .h264 ? "yuv420p" : "yuv420p10le", color: pq)
        var settings = try synthetic.settings(codec)
        settings.hdr = hdr
        let encoder = try EncoderCatalog.open(settings, threads: 2)
        var packets: [VideoPacket] = []
        for number in 0..<24 {
            let picture = synthetic.picture(number)
            picture.messages = [.captions(captions(number))] + (dynamic ? [.dynamicHDR(dynamicHDR(number))] : [])
            packets += try encoder.encode(picture, timestamp: Int64(number) * 40)
        }
        packets += try encoder.finish()
        var writer = try PacketFileWriter(path: folder.path("segment"), stream: encoder.stream)
        for packet in packets { try writer.append(packet) }
        try writer.finish()
        // Any film gives the rest.
        let plan = FilmPlan(
            source: folder.path("source.mkv"), videoIndex: 0, segments: [folder.path("segment")],
            timestamps: (0..<24).map { Int64($0) * 40 }, encoding: settings, output: path)
        _ = try FilmWriter.write(plan, to: path)
    }

    @Test(arguments: ["mkv", "mp4"]) func x265CarriesThemFrameByFrame(container: String) async throws {
        let folder = try TemporaryFolder()
        try await Self.source(folder)
        let path = folder.path("film.\(container)")
        try Self.film(.hevc, to: path, folder: folder)
        let frames = try Self.decoded(path)
        #expect(frames.count == 24)
        for (number, frame) in frames.enumerated() {
            let expected: [PictureMessage] = [
                .captions(Self.captions(number)), .dynamicHDR(Self.dynamicHDR(number)),
            ]
            #expect(frame.messages == expected, "frame \(number)")
        }
        let description = try FilmDescription.read(path)
        #expect(description.hdr == Self.hdr)
        #expect(description.hasCaptions && description.hasDynamicHDR)
    }

    /// HDR10+ as ffprobe reads it, against the numbers that were written.
    @Test func ffprobeReadsThem() async throws {
        let folder = try TemporaryFolder()
        try await Self.source(folder)
        let path = folder.path("film.mkv")
        try Self.film(.hevc, to: path, folder: folder)
        let output = String(
            decoding: try await run(
                "ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_frames", "-read_intervals", "%+#1", path]),
            as: UTF8.self)
        for line in [
            "side_data_type=ATSC A53 Part 4 Closed Captions",
            "side_data_type=HDR Dynamic Metadata SMPTE2094-40 (HDR10+)",
            "num_windows=1", "targeted_system_display_maximum_luminance=400/1", "maxscl=70000/100000",
            "average_maxrgb=1234/100000", "distribution_maxrgb_percentage=99", "knee_point_x=64/4095",
            "num_bezier_curve_anchors=9", "color_saturation_weight=33/8",
            "side_data_type=Mastering display metadata", "red_x=34000/50000", "max_luminance=10000000/10000",
            "max_content=1000", "max_average=400", "color_transfer=smpte2084",
        ] { #expect(output.contains(line), "\(line)") }
    }

    @Test func x264CarriesCaptions() async throws {
        let folder = try TemporaryFolder()
        try await Self.source(folder)
        let path = folder.path("film.mkv")
        try Self.film(.h264, to: path, folder: folder, dynamic: false)
        for (number, frame) in try Self.decoded(path).enumerated() {
            #expect(frame.messages == [.captions(Self.captions(number))], "frame \(number)")
        }
    }

    private static func source(_ folder: TemporaryFolder) async throws {
        try await ffmpeg(["-f", "lavfi", "-i", "testsrc2=size=96x64", "-frames:v", "1", folder.path("source.mkv")])
    }

    private static func decoded(_ path: String) throws -> [VideoFrame] {
        let demuxer = try Demuxer(path: path, selection: .video)
        let decoder = try VideoDecoder(stream: demuxer.video, threads: 1)
        var frames: [VideoFrame] = []
        while let packet = try demuxer.next() { frames += try decoder.decode(VideoPacket(packet)) }
        return frames + (try decoder.finish())
    }
}
