import Foundation
import TestSupport
import Testing

@testable import Media

/// Subtitles that are pictures: kept to the bit where the container holds them, and told where it does not.
@Suite struct BitmapSubtitleTests {
    @Test func pictureSubtitlesStayAsTheyAre() async throws {
        let source = try await Self.film()
        let film = try JoinedFilm(source: source).write()
        #expect(film.report.warnings == [])
        #expect(try await payloadHashes(film.path, "0:s") == payloadHashes(source, "0:s"))
        let times = ["-select_streams", "s:0", "-show_entries", "packet=pts_time"]
        #expect(try await probe(film.path, times) == probe(source, times))
        #expect(try FilmVerifier.verify(film.path, source: source).isSame)
    }

    @Test func whereTheyCannotBeHeldThatIsSaid() async throws {
        let film = try JoinedFilm(source: try await Self.film(), container: "mp4").write()
        #expect(
            film.report.warnings == [
                "stream 1 (subtitle, hdmv_pgs_subtitle, eng) is left out: MP4 cannot hold it; name the film .mkv"
            ])
        let verdict = try FilmVerifier.verify(film.path, source: try await Self.film())
        #expect(verdict.differences == [] && verdict.losses.contains { $0.contains("hdmv_pgs_subtitle") }, "\(verdict)")
    }

    private static func film() async throws -> String {
        try await Fixtures.shared.file("bitmaps.mkv") { path in
            let folder = try TemporaryFolder()
            try (shown(at: 0.2) + gone(at: 0.7) + shown(at: 0.9) + gone(at: 1.3)).write(
                to: URL(fileURLWithPath: folder.path("text.sup")))
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-i", folder.path("text.sup"), "-t",
                "1.5", "-map", "0", "-map", "1", "-c:v", "libx264", "-preset", "ultrafast", "-c:s", "copy",
                "-metadata:s:s:0", "language=eng", path,
            ])
        }
    }

    // MARK: Blu-ray's presentation graphics: a white bar of 16x4 samples

    private static func shown(at seconds: Double) -> Data {
        let line: [UInt8] = [0, 0x80 | 16, 1, 0, 0]
        let picture: [UInt8] = [0, 16, 0, 4] + line + line + line + line
        return segment(0x16, at: seconds, composition(1, state: 0x80) + [0, 0, 0, 0, 0, 40, 0, 50])
            + segment(0x17, at: seconds, [1, 0, 0, 40, 0, 50, 0, 16, 0, 4])
            + segment(0x14, at: seconds, [0, 0, 1, 235, 128, 128, 255])
            + segment(0x15, at: seconds, [0, 0, 0, 0xC0, 0, 0, UInt8(picture.count)] + picture)
            + segment(0x80, at: seconds, [])
    }

    private static func gone(at seconds: Double) -> Data {
        segment(0x16, at: seconds, composition(0, state: 0)) + segment(0x80, at: seconds, [])
    }

    private static func composition(_ objects: UInt8, state: UInt8) -> [UInt8] {
        [0, 96, 0, 64, 0x10, 0, objects, state, 0, 0, objects]
    }

    private static func segment(_ type: UInt8, at seconds: Double, _ bytes: [UInt8]) -> Data {
        var data = Data("PG".utf8)
        data.append(big: UInt32(seconds * 90000))
        data.append(big: UInt32(0))
        data.append(type)
        data.append(big: UInt16(bytes.count))
        return data + bytes
    }
}
