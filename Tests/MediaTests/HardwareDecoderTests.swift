import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// Decoding by a device's own unit, as far as a machine without one can tell.
@Suite struct HardwareDecoderTests {
    private static let hasDriver = dlopen("libcuda.so.1", RTLD_NOW) != nil

    @Test(.disabled(if: hasDriver)) func withoutADriverOpeningFailsInLibavsWords() {
        let error = #expect(throws: MediaError.self) { try HardwareDecoder(cudaDevice: 3) }
        #expect(error?.kind == .codec)
        #expect(error?.message.hasPrefix("opening NVDEC of cuda:3: ") == true)
        #expect(error?.message.contains("Could not dynamically load CUDA") == true, "\(error?.message ?? "")")
    }

    /// As the demuxer tells of them.
    @Test(arguments: FilmKind.allCases) func onlyWhatComesOutTheSame(kind: FilmKind) async throws {
        let film = try await Fixtures.shared.film(kind)
        let parameters = try await onThread { try Demuxer(path: film).video.parameters }
        let refusal = HardwareDecoder.refusal(of: parameters)
        switch kind {
        case .mpeg2MKV, .mpeg2TS, .mpeg2PS, .mpeg4MKV, .mpeg4AVI, .vp8, .av1, .ffv1:
            let reason = "\(parameters.codec) is none of h264, hevc, vp9, which NVDEC decodes to the same bits"
            #expect(refusal == reason)
        case .x265TenBit: #expect(refusal == "NVDEC is not used for hevc of profile Rext")
        default: #expect(refusal == nil)
        }
    }

    @Test(
        arguments: [
            ("hevc", 2, "yuv420p10le", nil), ("hevc", 2, "yuv420p", nil), ("h264", 578, "yuvj420p", nil),
            ("hevc", 4, "yuv420p12le", "hevc of profile Rext"), ("h264", 110, "yuv420p10le", "h264 of profile High 10"),
            // Lossless: its samples are like any other's.
            ("h264", 244, "yuv420p", "h264 of profile High 4:4:4 Predictive"), ("h264", -99, "yuv420p", "profile -99"),
            ("h264", 100, "yuv420p10le", "h264 in 4:2:0 of 8 bits, and these pictures are yuv420p10le"),
            ("hevc", 2, "yuv422p10le", "hevc in 4:2:0 of 8 or 10 bits, and these pictures are yuv422p10le"),
            ("vp9", 0, nil, "these pictures are unknown"), ("vp9", 1, "yuv444p", "vp9 of profile Profile 1"),
        ] as [(String, Int, String?, String?)])
    func profilesAndSamplesCount(codec: String, profile: Int, format: String?, words: String?) {
        let parameters = CodecParameters(
            codec: codec, pixelFormat: format, width: 640, height: 480, profile: profile)
        let refusal = HardwareDecoder.refusal(of: parameters)
        #expect((refusal == nil) == (words == nil))
        if let words { #expect(refusal?.contains(words) == true, "\(refusal ?? "")") }
    }

    @Test func aDecoderOnADeviceRefusesOtherStreams() throws {
        let stream = VideoStream(
            parameters: CodecParameters(codec: "mpeg2video", width: 96, height: 64), timeBase: Rational(1, 24),
            frameRate: Rational(24, 1))
        let hardware = try HardwareDecoder(unopened: 0)
        let error = #expect(throws: MediaError.self) {
            try VideoDecoder(stream: stream, threads: 1, hardware: hardware)
        }
        #expect(error?.message.hasPrefix("mpeg2video is none of h264, hevc, vp9") == true)
    }

    /// The parameters promise 8 bits; what comes has 10, and libavcodec would give it in software.
    @Test func picturesThatTheDeviceDoesNotGiveAreAnError() async throws {
        let film = try await Fixtures.shared.file("x264-10bit.mkv") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=24", "-frames:v", "3", "-pix_fmt", "yuv420p10le",
                "-c:v", "libx264", "-threads", "1", path,
            ])
        }
        try await onThread {
            let demuxer = try Demuxer(path: film)
            var stream = demuxer.video
            (stream.parameters.pixelFormat, stream.parameters.profile) = ("yuv420p", 100)
            let decoder = try VideoDecoder(stream: stream, threads: 4, hardware: try HardwareDecoder(unopened: 0))
            let packet = VideoPacket(try #require(try demuxer.next()))
            let error = #expect(throws: MediaError.self) { _ = try decoder.decode(packet) + decoder.finish() }
            let words =
                "decoding h264 on NVDEC of cuda:0: libavcodec offers no pictures on the device, only yuv420p10le"
            #expect(error?.message == words)
        }
    }

    @Test func softwareGivesPicturesInHostMemory() async throws {
        let film = try await Fixtures.shared.film(.x264Closed)
        try await onThread {
            let demuxer = try Demuxer(path: film)
            let decoder = try VideoDecoder(stream: demuxer.video, threads: 1)
            var memories: [PictureMemory] = []
            while let packet = try demuxer.next() { memories += try decoder.decode(VideoPacket(packet)) { $0.memory } }
            memories += try decoder.finish { $0.memory }
            #expect(memories == Array(repeating: .host, count: FilmKind.frames))
        }
        #expect(PictureBuffer(format: StandIn.format).memory == .host)
    }
}
