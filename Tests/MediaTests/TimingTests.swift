import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// Films whose packets do not tell when their pictures are shown, or that they are not shown.
@Suite struct TimingTests {
    /// H.264 in AVI has no pts: order and times come from decoding.
    @Test func indexedByDecoding() async throws {
        let film = try await Fixtures.shared.film(.x264AVI)
        let reference = try await referenceFrames(film)
        let pieces = try await decodePieces(of: film, .init(frames: 17, overlap: 2))
        #expect(pieces.frames.map(\.hash) == reference.map(\.hash))
        #expect(pieces.frames.map(\.timestamp) == (0..<Int64(FilmKind.frames)).map { $0 })
        #expect(pieces.missing.isEmpty)
        #expect(pieces.warnings.contains { $0.contains("indexed by decoding") })
    }

    /// A program stream tells the times of few of its H.264 pictures.
    @Test(arguments: ["libx264", "libx265"]) func timesBetweenThoseThatAreKnown(encoder: String) async throws {
        let film = try await Fixtures.shared.file("sparse-\(encoder).mpg") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-frames:v", "60", "-c:v", encoder,
                "-preset", "ultrafast", "-bf", "2", "-g", "12", "-f", "vob", path,
            ])
        }
        let pieces = try await decodePieces(of: film, .init(frames: 17, overlap: 2))
        #expect(pieces.frames.map(\.hash) == (try await referenceFrames(film)).map(\.hash))
        let times = pieces.frames.compactMap(\.timestamp)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 3600 } && times.count == 60, "\(times)")
    }

    @Test func knownTimesStayAndOthersLieBetween() {
        let no = Int64.min
        #expect(FilledTimes.fill([no, 100, no, no, 130, 140, no]) == [90, 100, 110, 120, 130, 140, 150])
        #expect(FilledTimes.fill([no, 100, no]) == nil)
        #expect(FilledTimes.fill([100, no, 101]) == nil, "no room for one between")
        #expect(FilledTimes.fill([100, no, 50]) == nil)
        #expect(FilledTimes.fill([.max, no, no, 4]) == nil)
        #expect(FilledTimes.fill([no, no, no, no, no, no, 0, 1 << 60]) == nil, "no room before")
    }

    /// The reference pictures of VP8 that are never shown are no frames.
    @Test func hiddenPictures() async throws {
        let film = try await Fixtures.shared.film(.vp8)
        let reference = try await referenceFrames(film)
        let pieces = try await decodePieces(of: film, .init(frames: 7, overlap: 0))
        #expect(pieces.frames == reference)
        #expect(pieces.missing.isEmpty)
        let packets = try await run("ffprobe", ["-v", "error", "-show_entries", "packet=size", "-of", "csv=p=0", film])
        #expect(String(decoding: packets, as: UTF8.self).split(separator: "\n").count > reference.count)
    }
}
