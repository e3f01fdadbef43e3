import Foundation
import TestSupport
import Testing

@testable import Media

@Suite struct SubtitleTextTests {
    @Test(arguments: [
        ("Plain", "Plain"), ("Two\r\nlines\r\n", "Two\nlines"), ("<i>All</i>", "<i>All</i>"),
        ("a <b>b <i>c</i></b> d", "a <b>b </b><b><i>c</i></b> d"), ("<font color=\"#ff0000\">red</font>", "red"),
        ("{\\an8}up", "up"), ("1 < 2 {and} 3 > 2", "1 < 2 {and} 3 > 2"),
        ("<I>Ünï<U>…</U></I>", "<i>Ünï</i><i><u>…</u></i>"),
        ("a <nothing> b", "a <nothing> b"), ("<i>open", "<i>open</i>"),
    ])
    func tagsSurviveBothWays(_ written: String, _ back: String) {
        let text = SubtitleText(subRip: Data(written.utf8))
        #expect(String(decoding: text.subRip, as: UTF8.self) == back)
        #expect(SubtitleText(timedText: text.timedText) == text)
    }

    @Test func timedTextIsReadInBothOfItsCodes() {
        let wide = Data([0xFE, 0xFF, 0x00, 0x48, 0x00, 0xE9])
        #expect(SubtitleText(timedText: Data([0, 6]) + wide).subRip == Data("Hé".utf8))
        #expect(SubtitleText(timedText: Data([0, 2, 0x48, 0x69])).subRip == Data("Hi".utf8))
        #expect(SubtitleText(timedText: Data([0, 0])).isEmpty)
    }

    /// Where damage made one subtitle of megabytes, looking further would take hours.
    @Test func aBracketThatIsClosedFarAwayIsNoTag() {
        let text = "<b" + String(repeating: " ", count: 500) + ">x"
        #expect(SubtitleText(subRip: Data(text.utf8)).runs == [.init(text: text, face: [])])
    }

    /// It comes from films.
    @Test func nonsenseIsBorne() {
        var noise: [UInt8] = [0, 3, 0x61, 0x62, 0x63, 0, 0, 0, 22] + Array("styl".utf8) + [0xFF, 0xFF]
        noise += [0, 2, 0xFF, 0xFF, 0, 1, 7, 18, 0, 0, 0, 0]
        #expect(SubtitleText(timedText: Data(noise)).runs.map(\.text).joined() == "abc")
        for length in 0..<noise.count { _ = SubtitleText(timedText: Data(noise.prefix(length))) }
        for place in noise.indices {
            var other = noise
            other[place] ^= 0xFF
            _ = SubtitleText(timedText: Data(other))
        }
        _ = SubtitleText(subRip: Data([0xFF, 0x3C, 0x7B, 0x5C, 0x00]))
    }

    /// As ffmpeg reads the film that was made, and the source.
    @Test(arguments: ["mp4", "mov"]) func playersReadTheSameText(_ container: String) async throws {
        let folder = try TemporaryFolder()
        let (subtitles, source) = (folder.path("s.srt"), folder.path("source.mkv"))
        let text = """
            1
            00:00:00,100 --> 00:00:00,500
            One <i>and</i> a half

            2
            00:00:00,900 --> 00:00:01,250
            Zwölf
            <b>Boxkämpfer</b>


            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: subtitles))
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-i", subtitles, "-t", "1.5", "-map",
            "0",
            "-map", "1", "-c:v", "libx264", "-preset", "ultrafast", "-c:s", "subrip", "-metadata:s:s:0", "language=eng",
            source,
        ])
        let film = try JoinedFilm(source: source, container: container).write()
        #expect(film.report.warnings.count == 1 && film.report.warnings[0].contains("converted to mov_text"))
        let (new, old) = (try await shown(film.path), try await shown(source))
        #expect(new == old)
        #expect(try FilmVerifier.verify(film.path, source: source).differences == [])
        // In one form nothing is let pass, markup and spaces neither.
        let bold = folder.path("bold.mkv")
        try await ffmpeg(["-i", source, "-map", "0:v", "-map", "0:s", "-c", "copy", bold])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: bold))
        let place = try #require(bytes.range(of: Data("<b>".utf8)))
        bytes[place.lowerBound + 1] = UInt8(ascii: "i")
        try bytes.write(to: URL(fileURLWithPath: bold))
        #expect(try FilmVerifier.verify(bold, source: source).differences.count == 1)
        // And back.
        let again = try JoinedFilm(source: film.path).write()
        #expect(again.report.warnings.count == 1 && again.report.warnings[0].contains("converted to subrip"))
        #expect(try await shown(again.path) == shown(source))
        let streams = try await probe(
            again.path, ["-select_streams", "s", "-show_entries", "stream=codec_name:stream_tags=language"])
        #expect(streams == ["codec_name=subrip|tag:language=eng"])
    }

    /// Timed text cannot overlap: a text lasts until the next one's time at most, which stays its own.
    @Test(arguments: ["mp4", "mov"]) func textThatOverlapsEndsTheOneBeforeIt(_ container: String) async throws {
        let folder = try TemporaryFolder()
        let (subtitles, source) = (folder.path("s.srt"), folder.path("source.mkv"))
        let times = [("00,200", "01,000"), ("00,800", "01,200"), ("01,200", "01,300"), ("01,350", "01,400")]
        let text = times.enumerated().map { "\($0 + 1)\n00:00:\($1.0) --> 00:00:\($1.1)\nText \($0)\n\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: subtitles))
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-i", subtitles, "-t", "1.6", "-map",
            "0", "-map", "1", "-c:v", "libx264", "-preset", "ultrafast", "-c:s", "subrip", source,
        ])
        let film = try JoinedFilm(source: source, container: container).write()
        #expect(film.report.warnings.count == 1 && film.report.warnings[0].contains("converted to mov_text"))
        #expect(try FilmVerifier.verify(film.path, source: source).differences == [])
        let packets = try await probe(
            film.path, ["-select_streams", "s", "-show_entries", "packet=pts_time,duration_time,size"])
        // Where nothing is shown there are texts of two bytes, without a word.
        let shown = packets.filter { !$0.hasSuffix("size=2") }
            .map { $0.split(separator: "|").prefix(2).joined(separator: " ") }
        #expect(
            shown == [
                "pts_time=0.200000 duration_time=0.600000", "pts_time=0.800000 duration_time=0.400000",
                "pts_time=1.200000 duration_time=0.100000", "pts_time=1.350000 duration_time=0.050000",
            ], "\(packets)")
    }

    /// MP4 counts the time without a word in 31 bits.
    @Test func aTextAfterHoursWithoutOneComesInTime() async throws {
        let folder = try TemporaryFolder()
        let (subtitles, source) = (folder.path("s.srt"), folder.path("source.mkv"))
        let text = "1\n00:10:00,000 --> 00:10:02,000\nEarly\n\n2\n03:25:00,000 --> 03:25:02,000\nLate\n\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: subtitles))
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=1/600,format=yuv420p", "-i", subtitles, "-t", "12600",
            "-map", "0", "-map", "1", "-c:v", "libx264", "-preset", "ultrafast", "-c:s", "subrip", source,
        ])
        let film = try JoinedFilm(source: source, container: "mp4").write()
        #expect(try FilmVerifier.verify(film.path, source: source).differences == [])
    }

    /// Without the font of timed text, which it always names.
    private func shown(_ film: String) async throws -> String {
        let text = try await run("ffmpeg", ["-nostdin", "-v", "error", "-i", film, "-map", "0:s", "-f", "srt", "-"])
        return String(decoding: text, as: UTF8.self).replacing(/<\/?font[^>]*>/, with: "")
    }
}
