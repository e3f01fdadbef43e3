import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// Numbers that no film has, as damaged headers bring them: they are refused or left out, and no arithmetic ends the process.
@Suite struct AbsurdNumberTests {
    /// Four fragments of ten pictures, of which the last begins in three million years.
    private static func farFragment() async throws -> String {
        try await Fixtures.shared.file("far-fragment.mp4") { path in
            let film = path + ".whole.mp4"
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=24,format=yuv420p", "-frames:v", "40", "-c:v", "libx264",
                "-preset", "ultrafast", "-g", "10", "-movflags", "frag_keyframe+empty_moov+default_base_moof", film,
            ])
            var bytes = try Data(contentsOf: URL(fileURLWithPath: film))
            let place = try #require(bytes.range(of: Data("tfdt".utf8), options: .backwards)).upperBound + 4
            bytes[place] = 0x10
            try bytes.write(to: URL(fileURLWithPath: path))
        }
    }

    /// A picture of nothing but zeros stands behind a start code, where there should have been one.
    @Test func aUnitOfZerosHoldsNothing() throws {
        let form = try CodecParameters(codec: "hevc", width: 96, height: 64).withLibAV { PayloadForm($0.pointee) }
        func print(_ bytes: [UInt8]) throws -> UInt64? {
            let packet = try DemuxedPacket()
            try VideoPacket(pts: 0, dts: 0, payload: Data(bytes)).fill(packet.pointer)
            return form.print(of: packet)
        }
        let picture: [UInt8] = [0, 0, 1, 2, 1, 7]
        #expect(try print(picture + [0, 0, 1, 0, 0, 0, 0]) == print(picture))
        #expect(try print([0, 0, 1, 0, 0, 0, 0]) == nil)
    }

    @Test func timesThatNoFilmHasAreUnknown() async throws {
        let demuxer = try Demuxer(path: try await Self.farFragment())
        var known = 0
        while let packet = try demuxer.next() {
            guard let pts = packet.pts else { continue }
            known += 1
            #expect(Double(pts) * demuxer.video.timeBase.value < 1e6)
        }
        #expect(known == 30)
    }

    @Test func aFilmWithTimesThatNoFilmHasIsIndexed() async throws {
        let film = try await Self.farFragment()
        #expect(try FilmDescription.read(film).picture.width == 96)
        let folder = try TemporaryFolder()
        let table = try FilmIndexer.index(film, store: folder.path("store")).table
        #expect((30...40).contains(table.count))
        #expect(table.timestamps.allSatisfy { Double($0) * table.timeBase.value < 1e6 })
    }

    /// No memory is looked for.
    @Test func picturesLargerThanAnyCodecHasAreRefused() async throws {
        let film = try await Fixtures.shared.file("huge.mkv") { path in
            let film = path + ".small.mkv"
            try await ffmpeg(["-f", "lavfi", "-i", "color=gray:size=512x512", "-frames:v", "1", "-c:v", "ffv1", film])
            var bytes = try Data(contentsOf: URL(fileURLWithPath: film))
            for element: UInt8 in [0xB0, 0xBA] {
                let place = try #require(bytes.range(of: Data([element, 0x82, 2, 0])))
                bytes[place.upperBound - 2] = 0x3F
            }
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        let error = #expect(throws: MediaError.self) { try FilmDescription.read(film) }
        #expect(error?.message.contains("\(film): its pictures are said to be 16128x16128") == true)
    }

    /// The film is at fault, not the job.
    @Test func codecHeadersThatNoDecoderTakesAreTheFilms() async throws {
        let film = try await Fixtures.shared.file("bad-headers.mkv") { path in
            let film = path + ".whole.mkv"
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64", "-frames:v", "2", "-c:v", "libtheora", film,
            ])
            var bytes = try Data(contentsOf: URL(fileURLWithPath: film))
            // CodecPrivate, behind its identifier and a size of two bytes.
            let place = try #require(bytes.range(of: Data([0x63, 0xA2]))).upperBound + 2
            bytes.replaceSubrange(place..<place + 8, with: [UInt8](repeating: 0xFF, count: 8))
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        let error = #expect(throws: MediaError.self) { try FilmDescription.read(film) }
        #expect(error?.kind == .source && error?.message.contains("no picture of \(film) can be decoded") == true)
    }

    @Test func aPictureOfNoPacketIsLeftOut() throws {
        let packets = (0..<3).map {
            FrameTable.Packet(pts: .min, dts: Int64($0) * 10, offset: 0, size: 1, flags: .frame)
        }
        let mended = try DecodedTiming.mended(packets, shown: [0, 7, 2, -1, 0], step: nil, why: "")
        #expect(mended.map(\.pts) == [0, .min, 20])
    }

    @Test(arguments: ["mkv", "mp4"]) func chaptersThatBeginAfterAllTimeAreJoined(container: String) async throws {
        let source = try await FilmWriterTests.richMKV()
        let film = try await Fixtures.shared.file("far-chapters.mkv") { path in
            let chapters = path + ".txt"
            try ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000000000\nSTART=\(Int64.max - 9)\nEND=\(Int64.max)\ntitle=Far\n"
                .write(toFile: chapters, atomically: true, encoding: .utf8)
            try await ffmpeg(["-i", source, "-i", chapters, "-map_chapters", "1", "-map", "0:v:0", "-c", "copy", path])
        }
        #expect(try JoinedFilm(source: film, container: container).write().report.frames == 38)
    }
}
