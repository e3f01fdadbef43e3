import Foundation
import TestSupport
import Testing

/// Odd clocks through whole runs: nothing moves against the sound.
@Suite struct TimeTests {
    private static let settings = exact + ["--scale", "1", "--segment-frames", "17"]

    /// Pictures at 25 a second with a clear beep every second; `arguments` come before the output's name.
    private static func film(_ name: String, seconds: Int, _ arguments: [String] = []) async throws -> String {
        try await Fixtures.shared.file(name) { path in
            let beep =
                "aevalsrc='if(lt(mod(t\\,1)\\,0.1)\\,0.5*sin(2*PI*880*t)\\,0)':d=\(seconds):s=48000"
            try await ffmpeg(
                [
                    "-f", "lavfi", "-i",
                    "testsrc2=size=96x64:rate=25:duration=\(seconds),noise=alls=20:allf=t:all_seed=7,format=yuv420p",
                    "-f", "lavfi", "-i", beep, "-c:v", "libx264", "-preset", "veryfast", "-threads", "1",
                    "-x264-params",
                    "keyint=24:bframes=3", "-c:a", "ac3",
                ] + arguments + [path])
        }
    }

    /// Times of the sound's packets after the first picture.
    private static func sound(_ film: String) async throws -> [Double] {
        let first = try #require(try await Judge.times(film).first)
        return try await Judge.packets(film, "a:0", "pts_time").compactMap(Double.init).map { $0 - first }
    }

    /// MOV and MP4 count the samples of uncompressed sound: said before the work, and not where the gap is cut off.
    @Test func uncompressedSoundWithAGapIsNotMoved() async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.mkv")
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25,format=yuv420p", "-f", "lavfi", "-i",
            "sine=sample_rate=48000,aselect=not(between(t\\,1\\,2))", "-t", "4", "-c:v", "libx264", "-preset",
            "ultrafast",
            "-g", "25", "-c:a", "pcm_s16le", film,
        ])
        let settings = ["--model", "nearest", "--scale", "1", "--codec", "h264", "--preset", "ultrafast"]
        let refused = try await coordinator(
            ["run", film, "-o", folder.path("out.mov"), "--state", folder.path("state")] + settings)
        #expect(refused.status == 2 && refused.error.contains(".mkv") && refused.error.contains("1.0"), "\(refused)")
        for (name, part) in [("whole.mkv", []), ("part.mov", ["--from", "2.5"])] {
            try await upscale(film, to: folder.path(name), in: folder, settings + part)
        }
    }

    /// Two recordings joined byte by byte, of which the second begins hours before the first.
    @Test(arguments: ["mkv", "mp4"]) func aClockThatJumps(container: String) async throws {
        let parts = [
            try await Self.film("late.ts", seconds: 2, ["-output_ts_offset", "20000"]),
            try await Self.film("early.ts", seconds: 2, ["-output_ts_offset", "100"]),
        ]
        let film = try await Fixtures.shared.file("jump.ts") { path in
            let data = try parts.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
            try Data(data.joined()).write(to: URL(fileURLWithPath: path))
        }
        let folder = try TemporaryFolder()
        let output = folder.path("out.\(container)")
        let codec =
            container == "mkv"
            ? Self.settings : ["--model", "nearest", "--scale", "1", "--codec", "h264", "--preset", "ultrafast"]
        let ended = try await upscale(film, to: output, in: folder, codec)
        #expect(ended.output.contains("starts anew once"), "\(ended.output)")
        let times = try await Judge.times(output)
        try #require(times.count == 100)
        let right = try await Judge.thumbnails(parts[0]) + Judge.thumbnails(parts[1])
        #expect(Judge.misplaced(try await Judge.thumbnails(output), from: right).isEmpty)
        // In each part the sound lies where it lay.
        let (was, now) = (try await Self.sound(parts[0]), try await Self.sound(output))
        try #require(now.count == 2 * was.count)
        #expect(zip(was, now).allSatisfy { abs($0 - $1) < 0.0021 })
        #expect(zip(was, now.dropFirst(was.count)).allSatisfy { abs($0 - $1 + times[50] - times[0]) < 0.0021 })
        #expect((0.04..<0.1).contains(times[50] - times[49]), "\(times[50] - times[49])")
        let faults = try await Judge.faults(output, of: film)
        #expect(faults == "")
        #expect(try await Judge.complaints(output) == "")
    }

    /// A part that begins before the first picture and ends behind the last: its sound begins and ends where it was asked.
    @Test func aPartOfWhatIsOnlyHeard() async throws {
        let film = try await Fixtures.shared.file("heard.mkv") { path in
            let source = try await Self.film("five.mkv", seconds: 5)
            try await ffmpeg([
                "-itsoffset", "2", "-t", "2", "-i", source, "-i", source, "-map", "0:v", "-map", "1:a", "-c", "copy",
                path,
            ])
        }
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        let part = ["--from", "1", "--to", "4.5"]
        try await upscale(film, to: output, in: folder, Self.settings + part)
        #expect(try await Judge.times(output).count == Judge.times(film).count)
        let sound = try await Self.sound(output)
        // A packet of sound lasts 32 ms.
        #expect(abs(try #require(sound.first) + 1) < 0.017, "\(sound.prefix(1))")
        #expect(abs(try #require(sound.last) + 0.032 - 2.5) < 0.017, "\(sound.suffix(1))")
        let verified = try await coordinator(["verify", output, "--source", film, "--decode"] + part)
        #expect(verified.status == 0, "\(verified.output)\(verified.error)")
    }

    /// A bare stream has no times: it runs at its nominal rate, and the user hears of it.
    @Test func aRawStream() async throws {
        let film = try await Fixtures.shared.file("bare.h264") { path in
            try await ffmpeg(["-i", try await Self.film("two.mkv", seconds: 2), "-map", "0:v", "-c", "copy", path])
        }
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        let ended = try await upscale(film, to: output, in: folder, Self.settings)
        #expect(
            ended.output.contains("bare.h264 tells no times") && ended.output.contains("mkvmerge"), "\(ended.output)")
        let times = try await Judge.times(output)
        #expect(times.count == 50 && zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 0.04) < 0.0011 })
        #expect(Judge.misplaced(try await Judge.thumbnails(output), from: try await Judge.thumbnails(film)).isEmpty)
        let faults = try await Judge.faults(output, of: film)
        #expect(faults == "")
    }
}
