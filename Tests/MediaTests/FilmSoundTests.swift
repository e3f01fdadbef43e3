import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// The sound of films that are written: whole, and in time with the pictures.
@Suite struct FilmSoundTests {
    /// Opus begins before its first sample is heard; Matroska notes by how much, and its readers subtract it.
    @Test(arguments: ["mkv", "webm", "mp4"]) func opusStaysWithThePictures(_ container: String) async throws {
        for name in ["webm", "mp4"] {
            let source = try await Fixtures.shared.file("opus.\(name)") { path in
                try await ffmpeg([
                    "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-f", "lavfi", "-i",
                    "sine=sample_rate=48000", "-t", "1.5", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used",
                    "8",
                    "-c:a", "libopus", path,
                ])
            }
            let film = try JoinedFilm(
                source: source, codec: container == "webm" ? .av1 : .h264,
                pixels: container == "webm" ? "yuv420p10le" : "yuv420p", container: container
            ).write()
            let offset = try await firstTime(film.path, "v:0") - firstTime(source, "v:0")
            let moved = try await firstTime(film.path, "a:0") - firstTime(source, "a:0")
            #expect(abs(moved - offset) <= 0.0011, "\(name): \(moved) and \(offset)")
            #expect(try FilmVerifier.verify(film.path, source: source).differences == [])
        }
    }

    /// MP4 calls every layer of MPEG's sound by one name, and readers make it layer 3.
    @Test func soundOfLayerTwoIsTheSameInMP4() async throws {
        let source = try await Fixtures.shared.file("layer2.ts") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-f", "lavfi", "-i",
                "sine=sample_rate=48000", "-t", "1.5", "-c:v", "mpeg2video", "-c:a", "mp2", path,
            ])
        }
        let film = try JoinedFilm(source: source, container: "mp4").write()
        let verdict = try FilmVerifier.verify(film.path, source: source)
        #expect(verdict.differences == [] && !verdict.losses.contains { $0.contains("converted") }, "\(verdict)")
    }

    /// QuickTime gives uncompressed sound back in portions of its own; a bit that is another one is found all the same.
    @Test(arguments: ["avi", "mkv", "mxf"]) func uncompressedSoundInOtherPortions(_ name: String) async throws {
        let source = try await Fixtures.shared.file("pcm.\(name)") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-f", "lavfi", "-i",
                "anoisesrc=sample_rate=48000:seed=7", "-t", "1.5", "-c:v", "mpeg2video", "-c:a", "pcm_s16le", path,
            ])
        }
        let film = try JoinedFilm(source: source, container: "mov").write()
        #expect(try FilmVerifier.verify(film.path, source: source).differences == [])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: film.path))
        let samples = try #require(bytes.range(of: try await Self.samples(source)))
        bytes[samples.lowerBound + 50] ^= 1
        let bad = film.folder.path("bad.mov")
        try bytes.write(to: URL(fileURLWithPath: bad))
        let found = try FilmVerifier.verify(bad, source: source).differences
        #expect(found.count == 1 && found[0].contains("is not the source's"), "\(found)")
    }

    /// A hundred bytes of the sound: few enough to lie in one portion.
    private static func samples(_ film: String) async throws -> Data {
        let raw = try await run(
            "ffmpeg", ["-nostdin", "-v", "error", "-i", film, "-map", "0:a:0", "-c", "copy", "-f", "s16le", "-"])
        return raw.dropFirst(40_000).prefix(100)
    }

    @Test(arguments: ["mkv", "mp4"])
    func variableRatesKeepTheirTimestamps(_ container: String) async throws {
        let source = try await Fixtures.shared.film(.variableRateMKV)
        let film = try JoinedFilm(source: source, codec: .hevc, pixels: "yuv420p10le", container: container, limit: 100)
            .write()
        #expect(film.report.warnings == [])
        let complaints = try await complaints(film.path)
        #expect(complaints == "")
        let shown = try await probe(film.path, ["-show_entries", "frame=pts_time"]).compactMap {
            Double($0.dropFirst("pts_time=".count))
        }
        #expect(shown.count == 100)
        let expected = film.plan.timestamps.map { Double($0 - film.plan.timestamps[0]) / 1000 }
        #expect(zip(shown, expected).allSatisfy { abs($0 - shown[0] - $1) < 0.0006 })
    }

    @Test(arguments: ["mkv", "mp4"])
    func transportStreamsMoveToZeroTogether(_ container: String) async throws {
        let source = try await Fixtures.shared.file("late.ts") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-f", "lavfi", "-i",
                "sine=sample_rate=48000",
                "-t", "2", "-c:v", "mpeg2video", "-bf", "2", "-c:a", "aac", "-output_ts_offset", "30000", path,
            ])
        }
        let film = try JoinedFilm(source: source, container: container).write()
        #expect(try await complaints(film.path) == "")
        let video = try await firstTime(film.path, "v:0")
        let audio = try await firstTime(film.path, "a:0")
        #expect(min(video, audio) >= -0.05 && min(video, audio) < 0.05)
        let (oldVideo, oldAudio) = (try await firstTime(source, "v:0"), try await firstTime(source, "a:0"))
        #expect(abs((audio - video) - (oldAudio - oldVideo)) < 0.0021)
    }
}

/// Seconds of a stream's first packet.
func firstTime(_ path: String, _ stream: String) async throws -> Double {
    let lines = try await probe(
        path, ["-select_streams", stream, "-show_entries", "packet=pts_time", "-read_intervals", "%+#1"])
    return try #require(lines.first.flatMap { Double($0.dropFirst("pts_time=".count).prefix { $0 != "|" }) })
}
