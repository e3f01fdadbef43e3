import Foundation
import TestSupport
import Testing

@testable import Media

/// Films that ffmpeg made larger, and what was done to them: `FilmVerifier` knows nothing of how a film came about.
@Suite struct FilmVerifierTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Pictures, two sounds, subtitles, tags and chapters; nothing that the ffmpeg command line would not copy.
    private static func plain() async throws -> String {
        try await Fixtures.shared.file("plain-for-verify.mkv") { path in
            let rich = try await FilmWriterTests.richMKV()
            try await ffmpeg([
                "-i", rich, "-map", "0:v:0", "-map", "0:a", "-map", "0:s", "-c", "copy", "-copyts", path,
            ])
        }
    }

    /// The source twice as large, with all else copied; `filter` comes on top, `inputs` take the source's place.
    private func film(
        _ name: String = "film.mkv", filter: String = "", inputs: [String]? = nil, maps: [String] = ["0"],
        _ more: [String] = []
    ) async throws -> (path: String, source: String) {
        let source = try await Self.plain()
        let path = folder.path(name)
        try await ffmpeg(
            (inputs ?? ["-i", source]) + maps.flatMap { ["-map", $0] } + ["-c", "copy", "-c:v:0", "libx264"]
                + ["-preset", "veryfast", "-crf", "30", "-fps_mode", "passthrough", "-enc_time_base", "-1", "-copyts"]
                + ["-filter:v:0", "scale=2*iw:2*ih:flags=bilinear\(filter.isEmpty ? "" : "," + filter)"] + more + [path]
        )
        return (path, source)
    }

    private func verdict(_ film: (path: String, source: String), decode: Bool = true) throws -> FilmVerdict {
        try FilmVerifier.verify(film.path, source: film.source, decode: decode)
    }

    @Test func aFilmThatIsItsSourceDiffersInNothing() async throws {
        let good = try await film()
        let verdict = try verdict(good)
        #expect(verdict.isSame && verdict.losses == [])
        #expect(verdict.frames == 38 && verdict.streams == 3 && verdict.isDecoded)
        #expect(try self.verdict(good, decode: false).differences == [])
    }

    @Test func whatMP4HoldsInAnotherFormIsNoDifference() async throws {
        let good = try await film(
            "film.mp4", maps: ["0:v:0", "0:a", "0:s"], ["-c:s", "mov_text", "-strict", "-2"])
        let verdict = try verdict(good)
        #expect(verdict.differences == [])
        #expect(verdict.losses.contains { $0.contains("converted to mov_text") })
        let back = try FilmVerifier.verify(good.source, source: good.path)
        #expect(!back.differences.contains { $0.contains("packet") })
    }

    @Test(arguments: [
        // Frames 10 and 11 in each other's place; 10 twice, in place of 11; something else at 20.
        ("shuffleframes=0|1|2|3|4|5|6|7|8|9|11|10|12|13|14|15|16|17|18", "is the source's 1"),
        ("shuffleframes=0|1|2|3|4|5|6|7|8|9|10|10|12|13|14|15|16|17|18", "is the source's 1 before it"),
        ("drawbox=t=fill:color=white:enable='eq(n,20)'", "is none that the source has there"),
    ])
    func aPictureInAWrongPlaceIsFound(_ filter: String, _ words: String) async throws {
        let bad = try await film(filter: filter.replacingOccurrences(of: "|", with: " "))
        #expect(try verdict(bad, decode: false).differences == [])
        let found = try verdict(bad).differences
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }

    /// Wholly, or from a picture on: what all pictures have in common is no excuse.
    @Test(arguments: [
        ("drawbox=t=fill:color=black", "from 0.023 s to 1.565 s is the source's"),
        ("drawbox=t=fill:color=black:enable='gte(n,20)'", "from 0.856 s to 1.565 s is the source's"),
        ("negate", "from 0.023 s to 1.565 s is the source's"),
        ("hflip,vflip,eq=contrast=0.6", "from 0.023 s to 1.565 s is the source's"),
        ("hue=s=0", "from 0.023 s to 1.565 s has the source's colours"),
    ])
    func picturesThatAreForeignAreFound(_ filter: String, _ words: String) async throws {
        let bad = try await film(filter: filter)
        #expect(try verdict(bad, decode: false).differences == [])
        #expect(try verdict(bad).differences == ["none of the film's pictures \(words)"])
    }

    /// Networks change tone, colour and sharpness.
    @Test(arguments: [
        "eq=brightness=0.08:contrast=1.2:saturation=1.3", "eq=gamma=1.4", "gblur=sigma=3", "unsharp=7:7:2",
        "hue=h=12:s=0.8",
        "eq=contrast=0.8:saturation=0.7",
    ])
    func picturesOfAnotherToneAreTheSources(_ filter: String) async throws {
        #expect(try verdict(try await film(filter: filter)).differences == [])
    }

    /// A flash, and a cut from dark to bright, in more depth than the source has.
    @Test(arguments: ["yuv420p", "yuv420p10", "yuv444p16,format=gbrp"])
    func jumpsOfBrightnessAreNoFault(_ format: String) async throws {
        let source = folder.path("jumps.mkv")
        try await ffmpeg([
            "-i", try await Self.plain(), "-map", "0", "-c", "copy", "-c:v:0", "libx264", "-preset", "veryfast",
            "-fps_mode", "passthrough", "-enc_time_base", "-1", "-copyts", "-filter:v:0",
            "drawbox=t=fill:color=black:enable='lte(n,2)',drawbox=t=fill:color=white:enable='eq(n,12)',"
                + "drawbox=t=fill:color=black:enable='between(n,25,29)',drawbox=t=fill:color=white:enable='gte(n,30)'",
            source,
        ])
        let codec = format.contains("gbrp") ? ["-c:v:0", "ffv1"] : []
        let film = try await film(filter: "format=\(format)", inputs: ["-i", source], codec)
        #expect(try FilmVerifier.verify(film.path, source: source, decode: true).differences == [])
    }

    @Test func aPictureThatIsMissingIsFoundByItsTime() async throws {
        let bad = try await film(filter: "select='not(eq(n,20))'")
        for decode in [false, true] {
            let found = try verdict(bad, decode: decode).differences
            #expect(found == ["the film lacks the picture that the source has at 0.856 s"])
        }
        let first = try await film("first.mkv", filter: "select='gte(n,1)'")
        let found = try verdict(first, decode: false).differences
        #expect(found == ["the film lacks the picture that the source has at 0.023 s"])
    }

    @Test func whatIsAddedIsFoundToo() async throws {
        let less = try await film(filter: "select='not(eq(n,20))'")
        // The other way round: the source has fewer.
        let found = try FilmVerifier.verify(less.source, source: less.path).differences
        #expect(found == ["the film has a picture at 0.856 s that the source has not"])
    }

    @Test func soundThatIsLateIsFound() async throws {
        let source = try await Self.plain()
        let bad = try await film(
            inputs: ["-i", source, "-itsoffset", "0.04", "-i", source], maps: ["0:v:0", "1:a", "0:s"])
        let found = try verdict(bad, decode: false).differences
        #expect(found.count == 2 && found.allSatisfy { $0.contains("0.04 s late against the pictures") }, "\(found)")
    }

    @Test(arguments: [("a:0", "stream 1 (audio, aac, fra): packet"), ("s:0", "stream 3 (subtitle, subrip): packet")])
    func aFlippedBitIsFound(_ stream: String, _ words: String) async throws {
        let bad = try await film()
        #expect(try verdict(bad, decode: false).differences == [])
        try await flip(bad.path, stream)
        let found = try verdict(bad, decode: false).differences
        #expect(found.contains { $0.hasPrefix(words) && $0.contains("is not the source's") }, "\(found)")
    }

    /// Changes a bit in the middle of the stream's second packet.
    private func flip(_ path: String, _ stream: String) async throws {
        let lines = try await probe(path, ["-select_streams", stream, "-show_entries", "packet=pos,size"])
        let numbers = lines.dropFirst().first?.split(separator: "|").compactMap { Int($0.drop { !$0.isNumber }) } ?? []
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        let (size, place) = (try #require(numbers.first), try #require(numbers.last))
        // A block has a header of four bytes before its payload.
        data[place + 4 + size / 2] ^= 1
        try data.write(to: URL(fileURLWithPath: path))
    }

    @Test func aDroppedChapterIsFound() async throws {
        let chapters = folder.path("chapters")
        try Data(
            ";FFMETADATA1\ntitle=The film\nCUSTOM=kept\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=700\ntitle=First\n"
                .utf8
        ).write(to: URL(fileURLWithPath: chapters))
        let source = try await Self.plain()
        let bad = try await film(inputs: ["-i", source, "-i", chapters], ["-map_chapters", "1"])
        #expect(try verdict(bad, decode: false).changes == ["the film has 1 chapters, and the source 2"])
    }

    @Test func aStreamAndATagThatAreOthersAreFound() async throws {
        let bad = try await film(maps: ["0:v:0", "0:a:0", "0:s"], ["-metadata", "title=Another"])
        let verdict = try verdict(bad, decode: false)
        for words in ["stream 2 (audio, flac) of the source is not in the film", "'Another'"] {
            #expect((verdict.differences + verdict.changes).contains { $0.contains(words) }, "\(words): \(verdict)")
        }
    }

    /// Matroska could hold them; MP4 could not, and that is no difference.
    @Test func tagsAndFlagsThatAreGoneAreFoundWhereTheyCouldBeHeld() async throws {
        let bad = try await film(
            inputs: nil, ["-metadata", "CUSTOM=", "-metadata:s:a:0", "language=", "-disposition:a:0", "default+forced"])
        let verdict = try verdict(bad, decode: false)
        #expect(!verdict.isSame && verdict.differences == [] && verdict.losses == [], "\(verdict)")
        for words in ["the tag custom of the film is not", "the tag language of stream 1 is not", "now forced"] {
            #expect(verdict.changes.contains { $0.contains(words) }, "\(words): \(verdict)")
        }
        let mp4 = try await film("film.mp4", maps: ["0:v:0", "0:a", "0:s"], ["-c:s", "mov_text", "-strict", "-2"])
        let other = try self.verdict(mp4, decode: false)
        #expect(other.losses.contains { $0.contains("the tag custom of the film is not") }, "\(other)")
    }

    @Test(arguments: [
        ("creation_time", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000000Z", true),
        ("creation_time", "2020-01-01T00:00:00Z", "2020-01-01T00:00:01.000000Z", false),
        ("creation_time", "2008-03-09 12:30:05", "2008-03-09T12:30:05.000000Z", true),
        ("creation_time", "2008-03-09T12:30:05.25Z", "2008-03-09T12:30:05.000000Z", true),
        ("creation_time", "yesterday", "today", false),
        ("title", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.0Z", false),
    ])
    func timesMayBeWrittenInAnotherWay(_ key: String, _ was: String, _ now: String, _ isSame: Bool) {
        #expect(FilmTags.says(now, what: was, of: key) == isSame)
    }

    /// What this project joins: attachments, a cover, dispositions.
    @Test(arguments: ["mkv", "mp4"]) func aJoinedFilmDiffersInNothing(_ container: String) async throws {
        let source = try await FilmWriterTests.richMKV()
        let film = try JoinedFilm(source: source, container: container).write()
        let verdict = try FilmVerifier.verify(film.path, source: source)
        #expect(verdict.isSame, "\(verdict)")
        #expect(verdict.losses.isEmpty == (container == "mkv"), "\(verdict.losses)")
    }

    @Test func anAttachmentThatIsGoneIsFound() async throws {
        let source = try await FilmWriterTests.richMKV()
        let less = try await Self.plain()
        let film = try JoinedFilm(source: less).write()
        let verdict = try FilmVerifier.verify(film.path, source: source)
        #expect(
            verdict.differences.contains { $0.hasPrefix("cover.png of the source is not in the film") },
            "\(verdict.differences)")
    }

    @Test func anotherShapeIsFound() async throws {
        let bad = try await film(filter: "setsar=2")
        #expect(try verdict(bad, decode: false).changes.contains { $0.contains("wide as high") })
    }

    /// Of a small picture a pixel is more than a hundredth.
    @Test(arguments: [("34:22", true), ("32:22", true), ("36:22", false), ("61:40", true), ("62:40", false)])
    func aShapeIsTheSourcesToThePixel(_ size: String, _ isRight: Bool) async throws {
        let source = folder.path("shape.mkv")
        try await ffmpeg(["-f", "lavfi", "-i", "testsrc2=size=96x64", "-frames:v", "3", "-c:v", "ffv1", source])
        let film = folder.path("film.mkv")
        try await ffmpeg(["-i", source, "-vf", "scale=\(size),setsar=1", "-c:v", "ffv1", film])
        let changes = try verdict((film, source)).changes
        #expect(changes.isEmpty == isRight, "\(changes)")
    }

    /// Sources of every kind, held against themselves: their odd timestamps, field pairs and hidden pictures are no differences.
    @Test(arguments: FilmKind.allCases) func aFilmIsWhatItIs(_ kind: FilmKind) async throws {
        let path = try await Fixtures.shared.film(kind)
        let verdict = try FilmVerifier.verify(path, source: path, decode: true)
        let pictures = verdict.differences.filter { $0.contains("is the source's") || $0.contains("is none that") }
        #expect(pictures == [])
        #expect(!verdict.differences.contains { $0.hasPrefix("stream") }, "\(verdict.differences)")
    }
}
