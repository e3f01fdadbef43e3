import FarmModel
import Foundation
import Media
import TestSupport
import Testing

@Suite struct DemuxerTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func message(_ path: String) -> String {
        do {
            _ = try Demuxer(path: path)
            return "no error"
        } catch let error as MediaError {
            #expect(error.kind == .source)
            #expect(error.message.contains(path))
            #expect(!error.message.contains("\n"))
            return error.message
        } catch { return "another error: \(error)" }
    }

    @Test func missing() { #expect(message(folder.path("none.mkv")).hasSuffix("No such file or directory")) }

    @Test func folderInsteadOfFilm() { #expect(message(folder.url.path).contains("is a folder")) }

    @Test func empty() throws {
        try Data().write(to: URL(fileURLWithPath: folder.path("empty.mkv")))
        #expect(message(folder.path("empty.mkv")).contains("is empty"))
    }

    /// Root may read everything, so there is nothing to refuse then.
    @Test(.enabled(if: geteuid() != 0)) func unreadable() throws {
        let path = folder.path("secret.mkv")
        try Data([1]).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        #expect(message(path).hasSuffix("Permission denied"))
    }

    @Test func text() throws {
        let path = folder.path("notes.txt")
        try Data("Not a film, but a text of some lines.\nTruly.\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(message(path).contains("not a film"))
    }

    @Test func noise() throws {
        let path = folder.path("film.mkv")
        try Data((0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 >> 7) }).write(
            to: URL(fileURLWithPath: path))
        #expect(message(path).contains("not a film"))
    }

    /// libav's own words come along: the code alone says "invalid data".
    @Test func truncatedBeforeIndex() async throws {
        let film = try Data(contentsOf: URL(fileURLWithPath: try await Fixtures.shared.film(.x264OpenMP4)))
        let path = folder.path("film.mp4")
        try film.prefix(film.count / 2).write(to: URL(fileURLWithPath: path))
        #expect(message(path).contains("moov atom not found"))
    }

    @Test func audioOnly() async throws {
        let path = folder.path("song.mka")
        try await ffmpeg(["-f", "lavfi", "-i", "sine=duration=0.2", "-c:a", "flac", path])
        #expect(message(path).hasSuffix("has no video stream: it has only 1 audio"))
    }

    /// A cover is no film.
    @Test func attachedPicture() async throws {
        let path = folder.path("song.m4a")
        try await ffmpeg([
            "-f", "lavfi", "-i", "sine=duration=0.2", "-f", "lavfi", "-i", "testsrc2=size=96x64", "-frames:v", "1",
            "-c:v",
            "mjpeg", "-disposition:v:0", "attached_pic", path,
        ])
        #expect(message(path).contains("attached picture"))
    }

    @Test func cancelled() async throws {
        let film = try await Fixtures.shared.film(.x264Closed)
        let store = folder.path("store")
        #expect(throws: CancellationError.self) {
            _ = try FilmIndexer.index(film, store: store, isCancelled: { true })
        }
    }

    /// A name with a colon is a file, not a protocol.
    @Test func colonInName() async throws {
        let path = folder.path("http:film.mkv")
        try FileManager.default.copyItem(atPath: try await Fixtures.shared.film(.x264Closed), toPath: path)
        #expect(try Demuxer(path: path).videoIndex == 0)
    }
}
