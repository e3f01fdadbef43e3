import Foundation
import TestSupport
import Testing

/// Films whose pictures become others in the middle: told at once, and each part can be had.
@Suite struct ChangeTests {
    @Test(arguments: [
        (ChangingFilm.size, "128x96"), (.hevcDepth, "yuv420p10le"), (.mpeg2Chroma, "yuv422p"), (.color, "BT.709"),
        (.sizeMP4, "128x96"), (.vp9Size, "128x96"),
    ])
    func aChangeIsToldWhenTheJobIsMade(kind: ChangingFilm, becomes: String) async throws {
        let film = try await kind.make()
        let folder = try TemporaryFolder()
        let ended = try await Self.run(film, folder.path("out.mkv"), folder)
        #expect(ended.status == 3, "\(ended)")
        #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
        for word in [film, becomes, "--to ", "--from "] { #expect(ended.error.contains(word), "\(ended.error)") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("state/spool")).isEmpty)
    }

    @Test(arguments: [ChangingFilm.size, .mpeg2Size, .hevcDepth, .color, .hevcSizeMKV])
    func bothPartsCanBeHad(kind: ChangingFilm) async throws {
        let film = try await kind.make()
        for (part, size) in [("--to", "96"), ("--from", kind == .hevcDepth || kind == .color ? "96" : "128")] {
            let folder = try TemporaryFolder()
            let output = folder.path("out.mkv")
            try await upscale(film, to: output, in: folder, Self.settings + [part, "2"])
            #expect(try await referenceFrames(output).count == ChangingFilm.frames)
            #expect(try await Judge.stream(output, "v:0", "width") == size)
            let verified = try await coordinator(["verify", output, "--source", film, "--decode", part, "2"])
            #expect(verified.status == 0, "\(verified.output)\(verified.error)")
        }
    }

    /// Nobody sees it in the packets: the first segment that meets it ends the job, with the time.
    @Test func whatOnlyDecodingTellsEndsTheJobAtOnce() async throws {
        let film = try await ChangingFilm.pngSize.make()
        let folder = try TemporaryFolder()
        let ended = try await Self.run(film, folder.path("out.mkv"), folder)
        #expect(ended.status == 1, "\(ended)")
        let line = try #require(ended.error.split(separator: "\n").last)
        #expect(line.contains("frame 50") && line.contains("--to 2.000") && !line.contains("attempt 2"), "\(line)")
        // The part ends there, whatever its frames' neighbours would be.
        for (part, width) in [("--from", "128"), ("--to", "96")] {
            let output = folder.path("part\(part).mkv")
            try await upscale(film, to: output, in: folder, Self.settings + [part, "2", "--overlap", "3"])
            #expect(try await Judge.stream(output, "v:0", "width").hasPrefix(width))
            #expect(try await referenceFrames(output).count == ChangingFilm.frames)
        }
    }

    /// Other parameter sets for the same pictures are no change; another shape of samples is told and goes through.
    @Test(arguments: [ChangingFilm.setsMP4, .aspect, .mpeg2Aspect])
    func whatCanGoThroughDoes(kind: ChangingFilm) async throws {
        let film = try await kind.make()
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        let ended = try await upscale(film, to: output, in: folder, Self.settings)
        #expect(try await referenceFrames(output).count == 2 * ChangingFilm.frames)
        #expect(
            (ended.output + ended.error).contains("the shape of its samples changes at 2.000 s") == (kind != .setsMP4))
        let verified = try await coordinator(["verify", output, "--source", film, "--decode"])
        #expect(verified.status == 0, "\(verified.output)\(verified.error)")
    }

    private static let settings = Array(exact.dropLast(2)) + ["--scale", "1", "--segment-frames", "15"]

    private static func run(_ film: String, _ output: String, _ folder: TemporaryFolder) async throws
        -> CoordinatorProcess.Ended
    {
        try await coordinator(["run", film, "-o", output, "--state", folder.path("state"), "--json"] + settings)
    }
}
