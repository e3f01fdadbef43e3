import FarmModel
import Foundation
import Media
import TestSupport
import Testing

/// Every frame once (P1), where decoding is split: the pieces together are what a full decode gives.
@Suite struct SpanTests {
    struct Cut: Sendable, CustomTestStringConvertible {
        var frames: Int
        var overlap: Int
        var testDescription: String { "\(frames) frames, overlap \(overlap)" }
    }

    static let plain = FilmKind.allCases.filter { ![.x265CRAStart, .x264AVI, .vp8].contains($0) }

    @Test(arguments: plain, [Cut(frames: 2, overlap: 0), Cut(frames: 7, overlap: 1), Cut(frames: 17, overlap: 2)])
    func piecesAreTheWhole(kind: FilmKind, cut: Cut) async throws {
        let film = try await Fixtures.shared.film(kind)
        let reference = try await referenceFrames(film)
        let pieces = try await decodePieces(of: film, cut)
        #expect(pieces.frames == reference)
        #expect(pieces.missing.isEmpty)
        #expect(pieces.damage == [])
        #expect(pieces.candidates == reference.map(\.timestamp))
    }

    /// The leading pictures of the CRA that the film starts with are candidates that nothing can decode.
    @Test(arguments: [0, 1])
    func startAtCRA(extraRunUp: Int) async throws {
        let film = try await Fixtures.shared.film(.x265CRAStart)
        let reference = try await referenceFrames(film)
        let pieces = try await decodePieces(of: film, Cut(frames: 7, overlap: 0), extraRunUp: extraRunUp)
        #expect(pieces.frames == reference)
        #expect(!pieces.missing.isEmpty)
        #expect(
            pieces.missing
                == pieces.candidates.indices.filter { !reference.map(\.timestamp).contains(pieces.candidates[$0]) })
    }
}

struct Pieces: Sendable {
    var frames: [FrameHash] = []
    var missing: [Int] = []
    var candidates: [Int64?] = []
    var warnings: [String] = []
    var damage: [VideoDecoder.Damage] = []
}

/// Indexes the film, cuts it, and decodes each piece with a decoder of its own from nothing but its span's bytes.
func decodePieces(of film: String, _ cut: SpanTests.Cut, extraRunUp: Int = 0, threads: Int = 2) async throws -> Pieces {
    try await onThread {
        let folder = try TemporaryFolder()
        let index = try FilmIndexer.index(film, store: folder.path("store"))
        let whole = FrameRange(0, index.table.count)
        var pieces = Pieces(candidates: index.table.timestamps, warnings: index.warnings)
        for range in index.table.segments(length: .frames(cut.frames)) {
            let context = range.widened(by: cut.overlap, within: whole)
            let span = index.table.span(for: context, extraRunUp: extraRunUp)
            let file = folder.path("piece")
            try writePiece(of: index, span, to: file)
            let decoded = try decode(
                file, FrameSelector(context: context, timestamps: index.table.timestamps(of: context)), threads: threads
            )
            pieces.frames += decoded.frames.filter { range.contains($0.key) }.sorted { $0.key < $1.key }.map(\.value)
            if !decoded.damage.isEmpty { pieces.damage.append(decoded.damage) }
            pieces.missing += decoded.missing.filter(range.contains)
        }
        return pieces
    }
}

func writePiece(of index: FilmIndex, _ span: PacketSpan, to path: String) throws {
    let store = try FileHandle(forReadingFrom: URL(fileURLWithPath: index.storePath))
    var bytes = try store.read(upToCount: index.table.headerSize) ?? Data()
    try store.seek(toOffset: UInt64(span.bytes.lowerBound))
    bytes += try store.read(upToCount: span.bytes.count) ?? Data()
    try bytes.write(to: URL(fileURLWithPath: path))
}

func decode(
    _ file: String, _ selector: FrameSelector<VideoFrame>, threads: Int
) throws -> (frames: [Int: FrameHash], missing: [Int], damage: VideoDecoder.Damage) {
    var selector = selector
    let reader = try PacketFileReader(path: file)
    let decoder = try VideoDecoder(stream: reader.stream, threads: threads)
    var selected: [FrameSelector<VideoFrame>.Frame] = []
    while let packet = try reader.next() { selected += try decoder.decode(packet).flatMap { selector.accept($0) } }
    selected += try decoder.finish().flatMap { selector.accept($0) } + selector.finish()
    #expect(selected.map(\.number) == selected.map(\.number).sorted())
    let hashes = selected.map { ($0.number, FrameHash(timestamp: $0.picture.timestamp, hash: frameHash($0.picture))) }
    return (Dictionary(uniqueKeysWithValues: hashes), selector.missing, decoder.damage)
}

/// Runs blocking work on a thread of its own.
func onThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try work() }) }.start()
    }
}
