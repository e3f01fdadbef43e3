import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

@Suite struct VideoEncoderTests {
    static let formats: [(Codec, String)] = [
        (.hevc, "yuv420p10le"), (.hevc, "yuv420p"), (.hevc, "yuv422p10le"), (.hevc, "yuv444p12le"), (.hevc, "gray10le"),
        (.hevc, "gbrp10le"), (.h264, "yuv420p"), (.h264, "yuv444p10le"), (.av1, "yuv420p10le"), (.av1, "yuv420p"),
        (.ffv1, "yuv420p"), (.ffv1, "gray16le"), (.ffv1, "gbrp10le"), (.ffv1, "yuva420p"), (.ffv1, "gbrap10le"),
    ]

    @Test(arguments: formats)
    func everyPictureComesBackOnceUnderItsTimestamp(_ codec: Codec, _ pixels: String) throws {
        let film = try SyntheticFilm(pixelFormat: pixels)
        let times = (0..<20).map { (place: Int64) -> Int64 in place * place * 7 - 50 }
        let (stream, packets) = try film.encode(0..<20, film.settings(codec), timestamp: { times[$0] })
        #expect(packets.compactMap(\.pts).sorted() == times)
        #expect(packets.first?.flags == .key)
        #expect(packets.first?.pts == times.first)
        #expect(packets.allSatisfy { !$0.payload.isEmpty && $0.dts == nil })
        #expect(!stream.parameters.extradata.isEmpty)
        #expect(stream.parameters.pixelFormat == pixels)
        #expect((stream.parameters.width, stream.parameters.height) == (96, 64))
    }

    @Test(arguments: ["yuv420p", "yuva420p", "yuva422p10le", "yuva444p16le", "gbrap10le", "gbrap12le"])
    func losslessPicturesComeBackWithTheirAlpha(_ pixels: String) throws {
        let film = try SyntheticFilm(pixelFormat: pixels)
        let (stream, packets) = try film.encode(0..<3, film.settings(.ffv1))
        let decoder = try VideoDecoder(stream: stream, threads: 1)
        let frames = try packets.flatMap { try decoder.decode($0) } + decoder.finish()
        #expect(frames.map { frameHash($0) } == (0..<3).map { frameHash(film.picture($0)) })
        #expect(frames.first?.format.layout == film.format.layout)
    }

    @Test(arguments: formats)
    func parameterSetsAreTheSameForAllSegments(_ codec: Codec, _ pixels: String) throws {
        var film = try SyntheticFilm(pixelFormat: pixels)
        let settings = try film.settings(codec)
        var streams: Set<VideoStream> = []
        for (range, noise) in [(0..<20, 0.0), (20..<21, 0.3), (21..<23, 0.02)] {
            film.noise = noise
            streams.insert(try film.encode(range, settings).stream)
        }
        #expect(streams.count == 1)
    }

    @Test(arguments: [(Codec.hevc, "yuv420p10le"), (.h264, "yuv420p"), (.av1, "yuv420p10le"), (.ffv1, "yuv420p")])
    func bitsDoNotDependOnThreads(_ codec: Codec, _ pixels: String) throws {
        let film = try SyntheticFilm(width: 192, height: 160, pixelFormat: pixels)
        let settings = try film.settings(codec)
        let one = try film.encode(0..<24, settings, threads: 1)
        for threads in [2, 5] {
            let more = try film.encode(0..<24, settings, threads: threads)
            #expect(more.stream == one.stream)
            #expect(more.packets == one.packets)
        }
    }

    @Test(arguments: [Codec.hevc, .h264, .av1])
    func rateFactorAndKeyframeIntervalTakeEffect(_ codec: Codec) throws {
        let film = try SyntheticFilm(pixelFormat: codec == .h264 ? "yuv420p" : "yuv420p10le")
        var settings = try film.settings(codec, keyframes: 8)
        func size(_ crf: Int) throws -> Int {
            settings.crf = crf
            return try film.encode(0..<24, settings).packets.reduce(0) { $0 + $1.payload.count }
        }
        #expect(try size(0) > 2 * size(40))
        let keys = try film.encode(0..<24, settings).packets.filter { $0.flags.contains(.key) }
        #expect(keys.compactMap(\.pts) == [0, 320, 640])
    }

    @Test(arguments: [Codec.hevc, .h264, .av1, .ffv1])
    func refusesPicturesOfAnotherKindAndTimestampsThatDoNotAscend(_ codec: Codec) throws {
        let film = try SyntheticFilm(pixelFormat: "yuv420p")
        let encoder = try EncoderCatalog.open(film.settings(codec), threads: 1)
        let other = try SyntheticFilm(width: 128, pixelFormat: "yuv420p")
        #expect(throws: MediaError.self) { try encoder.encode(other.picture(0), timestamp: 0) }
        _ = try encoder.encode(film.picture(0), timestamp: 5)
        #expect(throws: MediaError.self) { try encoder.encode(film.picture(1), timestamp: 5) }
    }

    @Test(arguments: Codec.allCases)
    func anEncoderWithoutPicturesGivesNothing(_ codec: Codec) throws {
        let film = try SyntheticFilm(pixelFormat: "yuv420p")
        #expect(try film.encode(0..<0, film.settings(codec)).packets.isEmpty)
    }
}
