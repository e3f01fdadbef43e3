import Foundation
import TestSupport
import Testing

@testable import Media

/// Streams that are neither pictures nor sound nor text.
@Suite struct DataStreamTests {
    /// A camera's telemetry: what MP4 and QuickTime have a name for is kept, Matroska has none.
    @Test(arguments: ["mp4", "mov", "mkv"]) func telemetry(container: String) async throws {
        let source = try await Self.telemetry()
        #expect(
            try await probe(source, ["-select_streams", "d", "-show_entries", "stream=codec_tag_string"]) == [
                "codec_tag_string=gpmd"
            ])
        let film = try JoinedFilm(source: source, container: container).write()
        let verdict = try FilmVerifier.verify(film.path, source: source)
        #expect(verdict.differences == [])
        if container == "mkv" {
            #expect(film.report.warnings == ["stream 1 (data, bin_data, und) is left out: Matroska cannot hold it"])
            return
        }
        #expect(film.report.warnings == [] && verdict.streams == 1)
        #expect(try await payloadHashes(film.path, "0:d") == payloadHashes(source, "0:d"))
    }

    /// QuickTime's track of timecodes is made anew of the tag that says the same; Matroska keeps the tag.
    @Test(arguments: ["mov", "mp4", "mkv"]) func timecode(container: String) async throws {
        let source = try await Fixtures.shared.file("timecode.mov") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-frames:v", "30", "-c:v", "libx264",
                "-preset", "ultrafast", "-timecode", "01:02:03:04", path,
            ])
        }
        let film = try JoinedFilm(source: source, container: container).write()
        #expect(film.report.warnings == [])
        let tag = try await probe(film.path, ["-select_streams", "v:0", "-show_entries", "stream_tags=timecode"])
        #expect(tag.count == 1 && tag[0].hasSuffix("=01:02:03:04"), "\(tag)")
        let verdict = try FilmVerifier.verify(film.path, source: source)
        #expect(verdict.differences == [] && !verdict.losses.contains { $0.contains("data") }, "\(verdict)")
    }

    /// Nothing here writes such a track: timed text under another name.
    private static func telemetry() async throws -> String {
        try await Fixtures.shared.file("telemetry.mp4") { path in
            let folder = try TemporaryFolder()
            let (text, plain) = (folder.path("text.srt"), folder.path("plain.mp4"))
            try Data("1\n00:00:00,000 --> 00:00:00,500\nOne\n\n2\n00:00:00,600 --> 00:00:01,000\nTwo\n".utf8).write(
                to: URL(fileURLWithPath: text))
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-i", text, "-map", "0", "-map", "1",
                "-frames:v", "30", "-c:v", "libx264", "-preset", "ultrafast", "-c:s", "mov_text", plain,
            ])
            var bytes = try Data(contentsOf: URL(fileURLWithPath: plain))
            for (from, to) in [("sbtl", "meta"), ("tx3g", "gpmd")] {
                let place = try #require(bytes.range(of: Data(from.utf8)))
                bytes.replaceSubrange(place, with: Data(to.utf8))
            }
            try bytes.write(to: URL(fileURLWithPath: path))
        }
    }
}
