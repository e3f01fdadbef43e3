import Foundation
import TestSupport
import Testing

/// Parts of films: `--from`, `--to`, `--map`.
@Suite struct PartTests {
    /// 8 s at 25 frames a second that begin at 1.4 s of their clock (chapters count from 0 of it), two audio tracks (a clear beep every second), subtitles,
    /// chapters, a second video and an attachment.
    private static func film() async throws -> String {
        try await Fixtures.shared.file("parts.mkv") { path in
            let folder = try TemporaryFolder()
            let text =
                "1\n00:00:00,500 --> 00:00:02,500\nfirst\n\n2\n00:00:03,000 --> 00:00:05,000\nsecond\n\n"
                + "3\n00:00:06,000 --> 00:00:07,000\nthird\n"
            try Data(text.utf8).write(to: folder.url.appendingPathComponent("text.srt"))
            let chapters = [(0, 2000), (2000, 5000), (5000, 8000)].map {
                "[CHAPTER]\nTIMEBASE=1/1000\nSTART=\($0)\nEND=\($1)\ntitle=from \($0)\n"
            }
            try Data((";FFMETADATA1\ntitle=Parts\n" + chapters.joined()).utf8).write(
                to: folder.url.appendingPathComponent("chapters"))
            let beep = "aevalsrc='if(lt(mod(t\\,1)\\,0.1)\\,0.5*sin(2*PI*880*t)\\,0)':d=8:s=48000"
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=8,format=yuv444p", "-f", "lavfi", "-i", beep,
                "-f", "lavfi", "-i", "sine=frequency=300:duration=8", "-i", folder.path("text.srt"), "-f", "lavfi",
                "-i",
                "testsrc=size=64x48:rate=25:duration=8", "-i", folder.path("chapters"), "-map", "0:v", "-map", "1:a",
                "-map", "2:a", "-map", "3:s", "-map", "4:v", "-map_metadata", "5", "-map_chapters", "5",
                "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu", "-attach",
                folder.path("text.srt"),
                "-metadata:s:t", "mimetype=application/x-truetype-font", "-metadata:s:t", "filename=font.ttf", "-c:v",
                "libx264", "-preset", "veryfast", "-g", "48", "-c:a",
                "ac3", "-c:s", "srt", "-output_ts_offset", "1.4", path,
            ])
        }
    }

    private static let settings = Array(exact.dropLast(2)) + ["--scale", "1", "--segment-frames", "20"]

    @Test(arguments: [
        ("2.5" as String?, "6" as String?, 63, 87), ("0:03.02", nil, 76, 124), (nil, "1:00", 0, 200),
        (nil, "0.04", 0, 1),
    ])
    func aPartIsCutToTheFrame(from: String?, to: String?, first: Int, count: Int) async throws {
        let film = try await Self.film()
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        let part = (from.map { ["--from", $0] } ?? []) + (to.map { ["--to", $0] } ?? [])
        try await upscale(film, to: output, in: folder, Self.settings + part)
        let all = try await referenceFrames(film).map(\.hash)
        #expect(all.count == 200)
        #expect(try await referenceFrames(output).map(\.hash) == Array(all[first..<first + count]))
        let verified = try await coordinator(["verify", output, "--source", film, "--decode"] + part)
        #expect(verified.status == 0, "\(verified.output)\(verified.error)")
        if count < 200, count > 1 {
            let whole = try await coordinator(["verify", output, "--source", film])
            #expect(whole.status == 1, "a part is not the whole")
        }
        let log = try await run(
            "sh", ["-c", "ffmpeg -nostdin -v warning -i \"$1\" -map 0:v -map 0:a -f null - 2>&1", "sh", output])
        #expect(String(decoding: log, as: UTF8.self) == "")
    }

    /// The beeps stay with the pictures: their first one after the cut begins where it must.
    @Test(arguments: ["mkv", "mp4"]) func soundIsCutWithThePictures(container: String) async throws {
        let film = try await Self.film()
        let folder = try TemporaryFolder()
        let output = folder.path("out.\(container)")
        let settings = ["--model", "nearest", "--scale", "1", "--codec", "h264", "--preset", "ultrafast"]
        try await upscale(film, to: output, in: folder, settings + ["--from", "2.5", "--to", "6"])
        // Frame 63 is the first at or after 2.5 s: at 2.52 s. The beep of the third second follows 0.48 s later.
        let start = try #require(try await Judge.times(output).first)
        let beeps = try await Self.beeps(output)
        // The last silence ends with the film.
        try #require(beeps.count >= 3, "\(beeps)")
        for (index, beep) in beeps.prefix(3).enumerated() {
            #expect(abs(beep - start - 0.48 - Double(index)) < 0.012, "\(beeps), pictures from \(start)")
        }
        // Subtitles are shown for as long as they lie inside; chapters likewise.
        let texts = try await Judge.packets(output, "s:0", "pts_time").compactMap(Double.init)
        #expect(texts.contains { abs($0 - start - 0.48) < 0.01 }, "\(texts)")
        let chapters = try await Self.chapters(output)
        #expect(chapters.map(\.title) == ["from 2000", "from 5000"])
        #expect(abs(chapters[1].start - start - 1.08) < 0.01 && chapters[0].start <= start + 0.01, "\(chapters)")
    }

    /// A packet is taken or not by its middle: half a second of sound more or less at either end is the source's packet and no fault.
    @Test(arguments: [
        (["-c:a", "flac", "-frame_size", "8000"], "mkv"), (["-c:a", "pcm_s16le"], "mov"),
        (["-c:a", "pcm_s16le"], "mkv"),
    ])
    func packetsOfSoundMayBeLong(sound: [String], container: String) async throws {
        let folder = try TemporaryFolder()
        let (film, output) = (folder.path("film.mkv"), folder.path("out.\(container)"))
        try await ffmpeg(
            [
                "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25,format=yuv420p", "-f", "lavfi", "-i",
                "sine=sample_rate=8000:samples_per_frame=8000", "-t", "8", "-c:v", "libx264", "-preset", "ultrafast",
                "-g", "12",
            ] + sound + [film])
        let part = ["--from", "2.24", "--to", "5.76"]
        let settings = ["--model", "nearest", "--scale", "1", "--codec", "h264", "--preset", "ultrafast"]
        try await upscale(film, to: output, in: folder, settings + part)
        let verified = try await coordinator(["verify", output, "--source", film] + part)
        #expect(verified.status == 0, "\(verified.output)\(verified.error)")
        // One packet less at the end is a fault, however long it is.
        let short = folder.path("short.\(container)")
        let packets = try await Judge.packets(output, "a:0", "pts_time").count
        try await ffmpeg([
            "-i", output, "-map", "0", "-c", "copy", "-bsf:a", "noise=drop=gte(n\\,\(packets - 1))", short,
        ])
        let lacking = try await coordinator(["verify", short, "--source", film] + part)
        #expect(lacking.status == 1 && lacking.output.contains("stream 1 (audio"), "\(lacking.output)\(lacking.error)")
    }

    /// A second video is copied up to the last packet that is decoded before the end: its pictures refer to those shown later.
    @Test(arguments: [["--to", "1"], ["--from", "2.5", "--to", "6"]])
    func aSecondVideoIsCutWhereItCanBeDecoded(part: [String]) async throws {
        let film = try await Self.film()
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        try await upscale(film, to: output, in: folder, Self.settings + part)
        #expect(try await Judge.complaints(output) == "")
        let verified = try await coordinator(["verify", output, "--source", film] + part)
        #expect(verified.status == 0, "\(verified.output)\(verified.error)")
    }

    @Test func streamsAreTakenAsAsked() async throws {
        let film = try await Self.film()
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        try await upscale(film, to: output, in: folder, Self.settings + ["--map", "v:1,a:deu,t"])
        let kinds = try await Self.streams(output)
        #expect(kinds == ["ac3,audio,deu", "ffv1,video", "ttf,attachment"], "\(kinds)")
        #expect(try await Judge.stream(output, "v:0", "width") == "64")
        #expect(try await referenceFrames(output, pixelFormat: "rgb24").count == 200)
        let verified = try await coordinator(["verify", output, "--source", film, "--map", "v:1,a:deu,t"])
        #expect(verified.status == 0, "\(verified.output)")
        let whole = try await coordinator(["verify", output, "--source", film])
        #expect(whole.status == 1)

        let second = folder.path("second.mkv")
        try await upscale(film, to: second, in: folder, Self.settings + ["--map", "-a:1,-s,-t"])
        #expect(try await Self.streams(second).map { $0.split(separator: ",")[1] } == ["video", "audio", "video"])
        #expect(try await Judge.payload(second, "v:1") == Judge.payload(film, "v:1"))
    }

    @Test(arguments: [
        (["--from", "20"], 2, "--from"), (["--from", "5", "--to", "3"], 2, "--to"),
        (["--from", "1:2:3:4"], 2, "1:2:3:4"),
        (["--map", "a"], 2, "--map"), (["--map", "v:7"], 2, "v:7"), (["--map", "q"], 2, "--map"),
    ])
    func wrongPartsAreRefused(arguments: [String], status: Int, words: String) async throws {
        let folder = try TemporaryFolder()
        let ended = try await coordinator(
            ["run", try await Self.film(), "-o", folder.path("out.mkv"), "--state", folder.path("state")]
                + Self.settings
                + arguments)
        #expect(ended.status == Int32(status) && ended.error.contains(words), "\(ended)")
    }

    private static func beeps(_ film: String) async throws -> [Double] {
        let log = try await run(
            "sh",
            [
                "-c",
                "ffmpeg -nostdin -copyts -i \"$1\" -map 0:a:0 -af silencedetect=noise=-40dB:d=0.3 -f null - 2>&1", "sh",
                film,
            ])
        return String(decoding: log, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard let range = line.range(of: "silence_end: ") else { return nil }
            return Double(line[range.upperBound...].prefix { $0.isNumber || $0 == "." })
        }
    }

    private static func chapters(_ film: String) async throws -> [(start: Double, title: String)] {
        let output = try await run(
            "ffprobe",
            ["-v", "error", "-show_entries", "chapter=start_time:chapter_tags=title", "-of", "csv=p=0", film])
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map {
            let fields = $0.split(separator: ",")
            return (Double(fields[0]) ?? .nan, fields.count > 1 ? String(fields[1]) : "")
        }
    }

    private static func streams(_ film: String) async throws -> [String] {
        let output = try await run(
            "ffprobe",
            [
                "-v", "error", "-show_entries", "stream=codec_name,codec_type:stream_tags=language", "-of", "csv=p=0",
                film,
            ])
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
