import Foundation
import TestSupport
import Testing

/// Interlaced and turned films, against libavfilter's chain on the whole film.
@Suite struct GeometryTests {
    /// Two pictures of one moment each, woven into the lines of one; chroma of full size, so that `nearest` at scale 1 is exact.
    static func woven(_ order: String, flag: String) async throws -> String {
        try await Fixtures.shared.file("woven-whole-\(order)-\(flag).mkv") { path in
            try await ffmpeg(
                [
                    "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=50", "-vf",
                    "format=yuv444p,interlace=scan=\(order),setfield=\(flag)", "-frames:v", "60", "-c:v", "libx264",
                    "-preset", "veryfast", "-g", "24", "-bf", "2",
                ] + (flag == "prog" ? [] : ["-flags", "+ildct+ilme"]) + [path])
        }
    }

    @Test(arguments: [
        ("tff", "tff", "bwdif=mode=send_frame:parity=auto:deint=interlaced"),
        ("bff", "prog", "bwdif=mode=send_frame:parity=bff:deint=all"),
    ])
    func fieldsAreFoundAndGoneWhereverTheFilmIsSplit(order: String, flag: String, filter: String) async throws {
        let film = try await Self.woven(order, flag: flag)
        let expected = try await referenceFrames(film, filter: filter).map(\.hash)
        #expect(expected.count == 60)
        for split in [
            SplittingTests.Split(frames: 1000, overlap: 1, workers: 1), .init(frames: 7, overlap: 1, workers: 2),
            .init(frames: 1, overlap: 3, workers: 1), .init(frames: 25, overlap: 2, workers: 2),
        ] {
            let folder = try TemporaryFolder()
            let output = folder.path("out.mkv")
            let done = try await upscale(
                film, to: output, in: folder, Self.lossless + ["--scale", "1"] + split.arguments)
            #expect(try await referenceFrames(output).map(\.hash) == expected, "\(split)")
            #expect(done.output.contains("the film is interlaced"), "\(done.output)")
            #expect(try await Judge.faults(output, of: film) == "")
            #expect(try await Judge.stream(output, "v:0", "field_order") == "progressive")
        }
    }

    @Test func interlacedPicturesStayOnDemand() async throws {
        let film = try await Self.woven("tff", flag: "tff")
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        try await upscale(film, to: output, in: folder, Self.lossless + ["--scale", "1", "--no-deinterlace"])
        #expect(try await referenceFrames(output).map(\.hash) == referenceFrames(film).map(\.hash))
    }

    /// With the source's own planes.
    private static let lossless = Array(exact.dropLast(2))

    private static let turned: @Sendable (Int) async throws -> String = { angle in
        try await Fixtures.shared.file("turned-\(angle).mp4") { path in
            let plain = path + ".plain.mp4"
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25", "-frames:v", "30", "-vf",
                "format=yuv444p,setsar=4/3",
                "-c:v", "libx264", "-preset", "veryfast", plain,
            ])
            try await ffmpeg(["-i", plain, "-c", "copy", "-metadata:s:v:0", "rotate=\(angle)", path])
        }
    }

    /// Matroska cannot say that a picture must be turned: it is turned for good.
    @Test(arguments: [90, 180, 270]) func matroskaHoldsUprightPictures(angle: Int) async throws {
        let film = try await Self.turned(angle)
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        try await upscale(film, to: output, in: folder, Self.lossless + ["--scale", "1", "--segment-frames", "11"])
        let shown = try await uprightFrames(film)
        #expect(try await referenceFrames(output).map(\.hash) == shown)
        #expect(try await Judge.stream(output, "v:0", "sample_aspect_ratio") == (angle == 180 ? "4:3" : "3:4"))
        #expect(try await Judge.faults(output, of: film) == "")
    }

    @Test(arguments: [90, 180, 270]) func mp4SaysHowPicturesAreTurned(angle: Int) async throws {
        let film = try await Self.turned(angle)
        let folder = try TemporaryFolder()
        let output = folder.path("out.mp4")
        let settings = ["--model", "nearest", "--codec", "h264", "--preset", "ultrafast", "--scale", "2"]
        try await upscale(film, to: output, in: folder, settings)
        let field = "stream_side_data=rotation"
        #expect(try await Self.probe(output, field) == Self.probe(film, field))
        #expect(try await Judge.stream(output, "v:0", "width").hasPrefix("192"))
        #expect(try await Judge.faults(output, of: film) == "")
    }

    /// As the ffmpeg command line shows them to everyone.
    private func uprightFrames(_ film: String) async throws -> [String] {
        let output = try await run(
            "ffmpeg", ["-nostdin", "-v", "error", "-i", film, "-f", "framehash", "-hash", "sha256", "-"])
        return String(decoding: output, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .compactMap { $0.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    private static func probe(_ film: String, _ entries: String) async throws -> String {
        let output = try await run(
            "ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "default", film])
        return String(decoding: output, as: UTF8.self)
    }
}
