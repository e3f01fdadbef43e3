import FarmModel
import Foundation
import Media
import TestSupport
import Testing

@testable import WorkerCore

/// P2 where films are made of fields: what goes into the network is what libavfilter's chain makes of the whole film, bit for
/// bit and the first and last frames included, wherever the film is split.
@Suite struct FieldedSegmentTests {
    private static let lengths = [1, 2, 7, 17, 24, 1000]
    private static let filters: [Deinterlacing: String] = [
        .flagged: "bwdif=mode=send_frame:parity=auto:deint=interlaced",
        .topFirst: "bwdif=mode=send_frame:parity=tff:deint=all",
        .bottomFirst: "bwdif=mode=send_frame:parity=bff:deint=all",
    ]

    @Test(arguments: FieldedFilm.allCases, Deinterlacing.allCases)
    func segmentsAreTheWholeFilmDeinterlaced(kind: FieldedFilm, deinterlacing: Deinterlacing) async throws {
        let film = try Split(try await kind.make(), deinterlacing)
        let whole = try film.pictures(in: 1000)
        #expect(whole.count > 40)
        // What a decoder makes up where frames are missing is its own affair.
        if kind != .gapped {
            let expected = try await referenceFrames(film.path, filter: Self.filters[deinterlacing]).map(\.hash)
            try #require(expected.count == whole.count)
            // Behind a progressive beginning libavfilter takes the first interlaced frame for the film's first.
            let forgotten = kind == .middle && deinterlacing == .flagged ? [FieldedFilm.frames] : []
            #expect(whole.indices.filter { whole[$0] != expected[$0] } == forgotten)
        }
        for length in Self.lengths { #expect(try film.pictures(in: length) == whole, "segments of \(length)") }
    }

    /// The overlap may be larger than what deinterlacing needs.
    @Test func overlapChangesNothing() async throws {
        let film = try Split(try await FieldedFilm.mpeg2Top.make(), .flagged)
        let whole = try film.pictures(in: 1000)
        for overlap in 2...4 { #expect(try film.pictures(in: 7, overlap: overlap) == whole, "\(overlap)") }
    }
}

/// A film that is taken apart as a coordinator does it, and put into pictures as a worker does it.
private struct Split {
    let path: String
    private let folder: TemporaryFolder
    private let index: FilmIndex
    private var recipe = StandIn.recipe(batch: 1)

    init(_ path: String, _ deinterlacing: Deinterlacing) throws {
        self.path = path
        folder = try TemporaryFolder()
        index = try FilmIndexer.index(path, store: folder.path("store"))
        recipe.preparation.deinterlacing = deinterlacing
        recipe.input = try FilmDescription.read(path, samples: false).picture
    }

    /// The hashes of the film's frames, made in segments of that many.
    func pictures(in length: Int, overlap: Int = 1) throws -> [String] {
        try index.table.segments(length: .frames(length)).flatMap { try pictures(of: $0, overlap: overlap) }
    }

    private func pictures(of range: FrameRange, overlap: Int) throws -> [String] {
        let context = range.widened(by: overlap, within: FrameRange(0, index.table.count))
        var recipe = recipe
        recipe.overlap = overlap
        let task = SegmentTask(
            attempt: AttemptID(segment: SegmentID(job: JobID("test"), index: 0), number: 1), range: range,
            context: context, timestamps: index.table.timestamps(of: context), recipe: recipe,
            input: BlobReference(id: "in", size: 0, sha256: ""))
        let order = SegmentOrder(task: task, inputPath: try piece(context), outputPath: "", modelPath: nil)
        let decoder = try SegmentDecoder(order: order, threads: 1)
        var hashes: [String] = []
        while let (number, picture) = try decoder.next() {
            if range.contains(number) { hashes.append(frameHash(picture)) }
        }
        return hashes
    }

    /// The packets that frames need, in a file of their own.
    private func piece(_ context: FrameRange) throws -> String {
        let span = index.table.span(for: context)
        let store = try FileHandle(forReadingFrom: URL(fileURLWithPath: index.storePath))
        var bytes = try store.read(upToCount: index.table.headerSize) ?? Data()
        try store.seek(toOffset: UInt64(span.bytes.lowerBound))
        bytes += try store.read(upToCount: span.bytes.count) ?? Data()
        try bytes.write(to: URL(fileURLWithPath: folder.path("piece")))
        return folder.path("piece")
    }
}
