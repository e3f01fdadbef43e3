import FarmModel
import Foundation
import Media
import TestSupport
import Testing

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
