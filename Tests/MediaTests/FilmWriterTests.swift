import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

@Suite struct FilmWriterTests {
    /// 40 frames, two kinds of audio, subtitles, chapters, tags, a cover and an attachment.
    static func richMKV() async throws -> String {
        try await Fixtures.shared.file("rich.mkv") { path in
            let folder = try TemporaryFolder()
            let (subtitles, chapters, cover) = (folder.path("s.srt"), folder.path("c.txt"), folder.path("cover.png"))
            try Data("1\n00:00:00,100 --> 00:00:00,900\nOne\n\n2\n00:00:01,000 --> 00:00:01,500\nTwo\n".utf8)
                .write(to: URL(fileURLWithPath: subtitles))
            try Data(
                """
                ;FFMETADATA1
                title=The film
                CUSTOM=kept
                [CHAPTER]
                TIMEBASE=1/1000
                START=0
                END=700
                title=First
                [CHAPTER]
                TIMEBASE=1/1000
                START=700
                END=1600
                title=Second
                """.utf8
            ).write(to: URL(fileURLWithPath: chapters))
            try await ffmpeg(["-f", "lavfi", "-i", "color=red:size=32x32", "-frames:v", "1", cover])
            try await ffmpeg(
                [
                    "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=24,format=yuv420p", "-f", "lavfi", "-i",
                    "sine=frequency=440:sample_rate=44100", "-f", "lavfi", "-i", "sine=frequency=880:sample_rate=48000",
                    "-i",
                    subtitles, "-i", chapters, "-t", "1.6", "-map", "0", "-map", "1", "-map", "2", "-map", "3",
                    "-map_metadata", "4",
                ] + [
                    "-c:v", "libx264", "-preset", "ultrafast", "-c:a:0", "aac", "-c:a:1", "flac", "-c:s", "subrip",
                    "-metadata:s:a:0", "language=fra", "-metadata:s:a:1", "title=Comments", "-disposition:a:1",
                    "comment",
                    "-disposition:s:0", "forced", "-attach", cover, "-metadata:s:t:0", "mimetype=image/png",
                    "-metadata:s:t:0", "filename=cover.png", "-attach", chapters, "-metadata:s:t:1",
                    "mimetype=application/x-truetype-font",
                    path,
                ])
        }
    }

    /// MP4 and QuickTime leave out sound without packets: the streams behind it move up. Text without packets is kept.
    @Test(arguments: ["mkv", "mp4", "mov"]) func streamsWithoutPacketsAreNotMissed(container: String) async throws {
        let source = try await Fixtures.shared.file("empty-streams.mkv") { path in
            let subtitles = path + ".srt"
            try "1\n00:01:00,000 --> 00:01:01,000\nLate\n".write(toFile: subtitles, atomically: true, encoding: .utf8)
            try await ffmpeg([
                "-i", try await Self.richMKV(), "-i", subtitles, "-map", "0:a:0", "-map", "1:s", "-map", "0:v:0",
                "-map", "0:a:0", "-c", "copy", "-bsf:a:0", "noise=drop=1", "-t", "1.6", path,
            ])
        }
        let film = try JoinedFilm(source: source, container: container).write()
        let verdict = try FilmVerifier.verify(film.path, source: source)
        #expect(verdict.differences.isEmpty, "\(verdict.differences)")
        let isKept = container == "mkv"
        #expect(verdict.losses.contains { $0.contains("stream 0") && $0.contains("no packets") } == !isKept)
        #expect(film.report.warnings.contains { $0.contains("stream 0 is left out") } == !isKept)
    }

    /// MP4 and QuickTime make a track of it; the source may have a tag alone.
    @Test(arguments: ["mp4", "mov"]) func theTrackOfATimecodeIsNoForeignOne(container: String) async throws {
        let source = try await Fixtures.shared.file("timecode.mkv") { path in
            try await ffmpeg([
                "-i", try await Self.richMKV(), "-map", "0:v:0", "-map", "0:a:0", "-c", "copy", "-metadata",
                "timecode=01:00:00:00", path,
            ])
        }
        let film = try JoinedFilm(source: source, container: container).write()
        #expect(
            try await probe(film.path, ["-show_entries", "stream=codec_tag_string"]).contains("codec_tag_string=tmcd"))
        let verdict = try FilmVerifier.verify(film.path, source: source)
        #expect(verdict.differences.isEmpty, "\(verdict.differences)")
    }

    /// Damaged transport streams have times that go back: no container holds them, and the film is none the worse for it.
    @Test(arguments: ["mkv", "mp4"]) func timesThatGoBackAreHeldAsFarAsCanBe(container: String) async throws {
        let source = try await Fixtures.shared.file("back.mkv") { path in
            let film = path + ".whole.mkv"
            try await ffmpeg(["-i", try await Self.richMKV(), "-map", "0:v:0", "-map", "0:a:0", "-c", "copy", film])
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: film)))
            // A SimpleBlock of the second track: its identifier, a size of two bytes, the track, the time in its cluster.
            let blocks = (0..<bytes.count - 6).filter {
                bytes[$0] == 0xA3 && bytes[$0 + 1] & 0xC0 == 0x40 && bytes[$0 + 3] == 0x82
            }
            for at in blocks[20..<30] {
                let time = (Int16(bytes[at + 4]) << 8 | Int16(bytes[at + 5])) - 100
                (bytes[at + 4], bytes[at + 5]) = (UInt8(truncatingIfNeeded: time >> 8), UInt8(truncatingIfNeeded: time))
            }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        }
        let times = try await probe(source, ["-select_streams", "a", "-show_entries", "packet=pts"])
        #expect(times != times.sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count })
        let film = try JoinedFilm(source: source, container: container).write()
        let verdict = try FilmVerifier.verify(film.path, source: source)
        #expect(verdict.differences.isEmpty, "\(verdict.differences)")
    }

    /// Readers of transport streams say "again" at the end of padding, where none of the streams that are wanted has begun a packet.
    @Test func aTransportStreamWithPaddingBehindItIsJoined() async throws {
        let whole = try await Fixtures.shared.film(.x264OpenTS)
        let source = try await Fixtures.shared.file("padded.ts") { path in
            try (Data(contentsOf: URL(fileURLWithPath: whole)) + Data(count: 1000)).write(
                to: URL(fileURLWithPath: path))
        }
        #expect(try JoinedFilm(source: source).write().report.frames == 40)
    }

    /// The same with what MP4 has for these things.
    static func richMP4() async throws -> String {
        let source = try await richMKV()
        return try await Fixtures.shared.file("rich.mp4") { path in
            try await ffmpeg(
                ["-i", source, "-map", "0:v:0", "-map", "0:a", "-map", "0:s", "-map", "0:v:1", "-c", "copy"]
                    + ["-c:s", "mov_text", "-disposition:v:1", "attached_pic", "-strict", "-2", path])
        }
    }

    @Test(arguments: [
        (Codec.hevc, "yuv420p10le", "mkv"), (.hevc, "yuv420p10le", "mp4"), (.hevc, "yuv420p", "mov"),
        (.h264, "yuv420p", "mkv"), (.h264, "yuv420p", "mp4"), (.av1, "yuv420p10le", "mkv"),
        (.av1, "yuv420p10le", "mp4"),
        (.ffv1, "yuv422p", "mkv"),
    ])
    func theFilmDecodesToTheFramesOfItsSegments(_ codec: Codec, _ pixels: String, _ container: String) async throws {
        let source = try await Self.richMKV()
        let film = try JoinedFilm(source: source, codec: codec, pixels: pixels, container: container).write()
        for (path, range) in zip(film.plan.segments, [0..<1, 1..<3, 3..<20, 20..<38]) {
            let timestamps = Array(film.plan.timestamps[range])
            try SegmentCheck.check(path: path, timestamps: timestamps, encoding: film.plan.encoding)
            for threads in [1, 4] {
                try EncodedSegmentVerifier.verify(path: path, timestamps: timestamps, threads: threads)
            }
        }
        #expect(film.report.frames == 38)
        let complaints = try await complaints(film.path)
        #expect(complaints == "")
        #expect(try await referenceFrames(film.path).map(\.hash) == film.segmentFrames())
        let stream = try await probe(
            film.path, ["-select_streams", "v:0", "-show_entries", "stream=pix_fmt,codec_name"])
        #expect(stream == ["codec_name=\(codec.rawValue)|pix_fmt=\(pixels)"])
        let decoding = try await probe(film.path, ["-select_streams", "v:0", "-show_entries", "packet=dts"]).compactMap
        {
            Int64($0.dropFirst(4))
        }
        #expect(decoding.count >= 36)
        #expect(zip(decoding, decoding.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func everythingElseOfAMatroskaFilmIsKept() async throws {
        let source = try await Self.richMKV()
        let film = try JoinedFilm(source: source).write()
        #expect(film.report.warnings == [])
        #expect(film.notes == [])
        for streams in ["0:a", "0:s", "0:t", "0:v:1"] {
            #expect(try await payloadHashes(film.path, streams) == payloadHashes(source, streams), "\(streams)")
        }
        let entries = [
            "stream=codec_type,codec_name:stream_disposition=default,forced,comment,attached_pic:stream_tags=language,title,"
                + "filename,mimetype:format_tags", "chapter=start_time,end_time:chapter_tags=title",
        ]
        for entry in entries {
            let was = try await probe(source, ["-show_entries", entry])
            let now = try await probe(film.path, ["-show_entries", entry])
            #expect(now.map(Self.comparable) == was.map(Self.comparable))
        }
        for streams in ["a:0", "a:1", "s:0"] {
            let times = ["-select_streams", streams, "-show_entries", "packet=pts_time,duration_time"]
            #expect(try await probe(film.path, times) == probe(source, times))
        }
    }

    private static func comparable(_ line: String) -> String {
        line.replacing(/codec_name=h264/, with: "").replacing(/\|?tag:(ENCODER|encoder)=[^|]*/, with: "")
    }

    @Test func whatMP4CannotHoldIsReported() async throws {
        let film = try JoinedFilm(
            source: try await Self.richMKV(), codec: .hevc, pixels: "yuv420p10le", container: "mp4"
        ).write()
        #expect(film.report.warnings.count == 2, "\(film.report.warnings)")
        #expect(
            film.report.warnings.contains { $0.contains("subtitle, subrip") && $0.contains("converted to mov_text") })
        #expect(film.report.warnings.contains { $0.contains("attachment") })
        #expect(film.notes.contains { $0.contains("CUSTOM") })
        let tag = try await probe(film.path, ["-select_streams", "v:0", "-show_entries", "stream=codec_tag_string"])
        #expect(tag == ["codec_tag_string=hvc1"])
        #expect(try await probe(film.path, ["-show_chapters"]).count == 2)
        #expect(try await payloadHashes(film.path, "0:a") == payloadHashes(Self.richMKV(), "0:a"))
    }

    @Test(arguments: ["mp4", "mov", "mkv"])
    func everythingElseOfAnMP4FilmIsKeptInTime(_ container: String) async throws {
        let source = try await Self.richMP4()
        let film = try JoinedFilm(source: source, container: container).write()
        let complaints = try await complaints(film.path)
        #expect(complaints == "")
        // libav puts FLAC into MP4, but not into QuickTime.
        let audio = container == "mov" ? ["a:0"] : ["a:0", "a:1"]
        for streams in audio {
            #expect(try await payloadHashes(film.path, "0:\(streams)") == payloadHashes(source, "0:\(streams)"))
        }
        let chapters = try await probe(film.path, ["-show_entries", "chapter=start_time:chapter_tags=title"])
        #expect(chapters.count == 2)
        let offset = try await firstTime(film.path, "v:0") - firstTime(source, "v:0")
        for streams in audio {
            let moved = try await firstTime(film.path, streams) - firstTime(source, streams)
            #expect(abs(moved - offset) <= 0.0011, "\(streams) moved by \(moved), the pictures by \(offset)")
        }
        let lost = film.report.warnings.map { $0.split(separator: ",")[1].prefix { $0 != ")" } }
        #expect(
            lost == ["mp4": [], "mkv": [" mov_text"], "mov": [" flac", " png"]][container], "\(film.report.warnings)")
    }

    /// Containers know languages by one of two codes, and QuickTime by its own table.
    @Test(arguments: [("deu", "ger"), ("nld", "dut"), ("fre", "fra"), ("ces", "ces"), ("eng", "eng")])
    func languagesSurviveInQuickTime(_ code: String, _ written: String) async throws {
        let folder = try TemporaryFolder()
        let source = folder.path("source.mkv")
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-f", "lavfi", "-i", "sine", "-t", "1",
            "-c:v",
            "libx264", "-preset", "ultrafast", "-c:a", "aac", "-metadata:s:a:0", "language=\(code)", source,
        ])
        let film = try JoinedFilm(source: source, container: "mov").write()
        let tag = try await probe(film.path, ["-select_streams", "a:0", "-show_entries", "stream_tags=language"])
        #expect(tag == ["tag:language=\(written)"])
        #expect(try FilmVerifier.verify(film.path, source: source).changes == [])
    }

    @Test func theSamePlanGivesTheSameBytes() async throws {
        let film = try JoinedFilm(source: try await Self.richMKV()).write()
        let first = try Data(contentsOf: URL(fileURLWithPath: film.path))
        try film.write()
        #expect(try Data(contentsOf: URL(fileURLWithPath: film.path)) == first)
    }

    @Test func cancellationLeavesNothing() async throws {
        let film = try JoinedFilm(source: try await Self.richMKV())
        let path = film.path
        #expect(throws: CancellationError.self) {
            try FilmWriter.write(film.plan, to: path, isCancelled: { FileManager.default.fileExists(atPath: path) })
        }
        #expect(!FileManager.default.fileExists(atPath: film.path))
    }

    @Test func progressReachesTheEnd() async throws {
        let film = try JoinedFilm(source: try await Fixtures.shared.film(.x264Closed), limit: 100)
        var seen: [Int64] = []
        let report = try FilmWriter.write(film.plan, to: film.path) { done, total in
            #expect(total == 100)
            seen.append(done)
        }
        #expect(report.frames == 100)
        #expect(seen == [64, 100])
    }

    @Test func refusesWhatDoesNotBelongTogether() async throws {
        let film = try JoinedFilm(source: try await Self.richMKV())
        var plan = film.plan
        plan.timestamps.removeLast()
        #expect(throws: MediaError.self) { try FilmWriter.write(plan, to: film.path) }
        let other = try JoinedFilm(source: film.plan.source, pixels: "yuv444p")
        plan = film.plan
        plan.segments[1] = other.plan.segments[1]
        let error = #expect(throws: MediaError.self) { try FilmWriter.write(plan, to: film.path) }
        #expect(error?.message.contains("parameter sets") == true)
        #expect(!FileManager.default.fileExists(atPath: film.path))
    }

    @Test func saysWhatTheDiskSays() async throws {
        let film = try JoinedFilm(source: try await Self.richMKV())
        let full = #expect(throws: MediaError.self) { try FilmWriter.write(film.plan, to: "/dev/full") }
        #expect(full?.kind == .output)
        #expect(full?.message.contains("No space left on device") == true, "\(full?.message ?? "")")
        let none = #expect(throws: MediaError.self) {
            try FilmWriter.write(film.plan, to: film.folder.path("none/film"))
        }
        #expect(none?.kind == .output)
        #expect(none?.message.contains("No such file") == true)
    }

    @Test(arguments: [
        ("film.avi", Codec.hevc, ".avi"), ("film", .hevc, "no extension"), ("film.webm", .hevc, "cannot hold hevc"),
        ("film.webm", .h264, "--codec av1, or"), ("film.mp4", .ffv1, "cannot hold ffv1"),
    ])
    func refusesContainersByName(_ output: String, _ codec: Codec, _ words: String) {
        let error = #expect(throws: MediaError.self) { try FilmWriter.checkContainer(output, codec: codec) }
        #expect(error?.kind == .settings)
        #expect(error?.message.contains(words) == true)
    }

    @Test func takesContainersByName() throws {
        for (output, codec) in [("a/b.MKV", Codec.ffv1), ("b.mp4", .av1), ("c.mov", .h264), ("d.webm", .av1)] {
            try FilmWriter.checkContainer(output, codec: codec)
        }
    }
}
