import Foundation
import TestSupport
import Testing

/// Films of fields through whole farms: where they are split does not show (P2), and the brightness of what is enlarged by
/// nothing is what libavfilter makes of the whole film, within a code value; so are their colours where chroma is of full size
/// (`nearest` passes through RGB, where smaller chroma is brought to full size and back). `FieldedSegmentTests` has all
/// planes, bit for bit, more films and more lengths.
@Suite struct FieldsTests {
    @Test(arguments: [
        (FieldedFilm.mpeg2Top, 2), (.x264Top422, 1), (.x264Top444, 1), (.middle, 1),
    ])
    func fieldsAreGoneWhereverTheFilmIsSplit(kind: FieldedFilm, scale: Int) async throws {
        let film = try await kind.make()
        let folder = try TemporaryFolder()
        let whole = folder.path("whole.mkv")
        let done = try await upscale(film, to: whole, in: folder, Self.settings(1, segment: 1000))
        let filter = try Self.filter(done.output)
        // Behind a progressive beginning libavfilter takes the first frame that is flagged for the film's first.
        let forgotten = kind == .middle && filter.contains("interlaced") ? [FieldedFilm.frames] : []
        #expect(try await Self.framesThatDiffer(whole, film, filter: filter) == forgotten)
        try await expect(film, scale: 1, segment: 7, like: whole, folder)
        guard scale > 1 else { return }

        let large = folder.path("large.mkv")
        try await upscale(film, to: large, in: folder, Self.settings(scale, segment: 1000))
        try await expect(film, scale: scale, segment: 17, like: large, folder)
    }

    private func expect(
        _ film: String, scale: Int, segment: Int, like whole: String, _ folder: TemporaryFolder
    ) async throws {
        let output = folder.path("split-\(scale)-\(segment).mkv")
        try await upscale(film, to: output, in: folder, Self.settings(scale, segment: segment))
        #expect(try await referenceFrames(output).map(\.hash) == referenceFrames(whole).map(\.hash))
    }

    /// With the source's own planes.
    private static func settings(_ scale: Int, segment: Int) -> [String] {
        exact.dropLast(2) + ["--scale", "\(scale)", "--segment-frames", "\(segment)"]
    }

    /// What the job said that it does.
    private static func filter(_ output: String) throws -> String {
        let known = [
            "where the stream flags them": "parity=auto:deint=interlaced",
            "top field first: its": "parity=tff:deint=all",
            "bottom field first: its": "parity=bff:deint=all",
        ]
        let said = known.first { output.contains($0.key) }
        return "bwdif=mode=send_frame:" + (try #require(said?.value, "the job must find the fields: \(output)"))
    }

    /// By more than one code value in any sample of their brightness, or of all planes where these are of one size.
    private static func framesThatDiffer(_ film: String, _ source: String, filter: String) async throws -> [Int] {
        let pixels = try await Judge.stream(film, "v:0", "pix_fmt")
        let (made, right) = (try await samples(film, "null", pixels), try await samples(source, filter, pixels))
        let bytes = pixels.hasSuffix("le") ? 2 : 1
        let isFull = pixels.contains("444")
        let frame = 96 * 64 * bytes * (isFull ? 6 : pixels.contains("422") ? 4 : 3) / 2
        let compared = isFull ? frame : 96 * 64 * bytes
        try #require(made.count == right.count && !made.isEmpty && made.count.isMultiple(of: frame))
        return (0..<made.count / frame).filter { number in
            let samples = stride(from: number * frame, to: number * frame + compared, by: bytes)
            return samples.contains { abs(sample(made, $0, bytes) - sample(right, $0, bytes)) > 1 }
        }
    }

    private static func sample(_ bytes: [UInt8], _ at: Int, _ size: Int) -> Int {
        size == 1 ? Int(bytes[at]) : Int(bytes[at]) | Int(bytes[at + 1]) << 8
    }

    private static func samples(_ film: String, _ filter: String, _ pixels: String) async throws -> [UInt8] {
        [UInt8](
            try await run(
                "ffmpeg",
                [
                    "-nostdin", "-v", "error", "-i", film, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf", filter,
                    "-pix_fmt", pixels, "-f", "rawvideo", "-",
                ]))
    }
}
