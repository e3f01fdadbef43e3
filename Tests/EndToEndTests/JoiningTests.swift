import Foundation
import TestSupport
import Testing

/// P3 and P4: the joined film is one stream that any decoder takes without a word, and all else is as it was.
@Suite struct JoiningTests {
    @Test(arguments: ["mkv", "mp4"]) func joinedFilmsDecodeSilently(container: String) async throws {
        let film = try await Fixtures.shared.film(.audioPriming)
        let folder = try TemporaryFolder()
        let output = folder.path("out.\(container)")
        try await upscale(
            film, to: output, in: folder,
            [
                "--model", "nearest", "--scale", "2", "--tile", "0", "--batch", "4", "--precision", "fp32", "--preset",
                "fast",
                "--segment-frames", "13",
            ])

        #expect(try await Judge.complaints(output) == "")
        #expect(try await Judge.faults(output, of: film) == "")
        #expect(try await referenceFrames(output).count == referenceFrames(film).count)
        #expect(try await Judge.stream(output, "v:0", "codec_name,pix_fmt") == "hevc,yuv420p10le")
        #expect(try await Judge.payload(output, "a:0") == Judge.payload(film, "a:0"))
        // Matroska does not store decoding times: those of the first packets are nobody's to tell.
        let dts = try await Judge.packets(output, "v:0", "dts").compactMap(Int64.init)
        #expect(dts.count >= (container == "mkv" ? FilmKind.frames - 4 : FilmKind.frames))
        #expect(zip(dts, dts.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test(arguments: [("av1", "mkv"), ("h264", "mp4")]) func otherCodecs(codec: String, container: String) async throws
    {
        let film = try await Fixtures.shared.film(.x264Closed)
        let folder = try TemporaryFolder()
        let output = folder.path("out.\(container)")
        try await upscale(
            film, to: output, in: folder,
            [
                "--model", "nearest", "--scale", "2", "--tile", "0", "--batch", "4", "--precision", "fp32", "--codec",
                codec,
                "--segment-frames", "40",
            ])
        #expect(try await Judge.complaints(output) == "")
        #expect(try await Judge.faults(output, of: film) == "")
        #expect(try await referenceFrames(output).count == FilmKind.frames)
    }
}
