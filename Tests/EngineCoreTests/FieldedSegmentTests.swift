import EngineProtocol
import FarmModel
import Foundation
import Media
import TestSupport
import Testing

@testable import EngineCore

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

    /// A change that only decoding tells is where the film ends, or begins, for the frames beside it.
    @Test func picturesOfAnotherSizeAreNobodysNeighbours() async throws {
        let path = try await ChangingFilm.pngSize.make()
        let half = ChangingFilm.frames
        for part in [FrameRange(0, half), FrameRange(half, 2 * half)] {
            let film = try Split(path, .topFirst, like: part.first)
            let alone = try film.pictures(in: 1000, of: part, within: part)
            #expect(alone.count == half)
            for length in [1, 7, 1000] {
                #expect(try film.pictures(in: length, overlap: 3, of: part) == alone, "segments of \(length)")
            }
        }
    }
}

/// A film that is taken apart as a coordinator does it, and put into pictures as a worker does it.
private struct Split {
    let path: String
    private let folder: TemporaryFolder
    private let index: FilmIndex
    private var recipe = StandIn.recipe(batch: 1)

    /// - Parameter frame: whose format the job is for: a part of the film begins there.
    init(_ path: String, _ deinterlacing: Deinterlacing, like frame: Int = 0) throws {
        self.path = path
        folder = try TemporaryFolder()
        index = try FilmIndexer.index(path, store: folder.path("store"))
        recipe.preparation.deinterlacing = deinterlacing
        let time = Double(index.table.timestamps(of: FrameRange(frame, frame + 1))[0]) * index.table.timeBase.value
        let part = FilmCut(from: frame > 0 ? time : nil, to: nil)
        recipe.input = try FilmDescription.read(path, samples: false, part: part).picture
    }

    /// The hashes of the film's frames, made in segments of that many.
    /// - Parameters:
    ///   - part: nil: the whole film.
    ///   - stretch: no neighbours are taken from beyond; nil: from the whole film.
    func pictures(
        in length: Int, overlap: Int = 1, of part: FrameRange? = nil, within stretch: FrameRange? = nil
    ) throws -> [String] {
        let whole = FrameRange(0, index.table.count)
        return try index.table.segments(length: .frames(length), within: part ?? whole).flatMap {
            try pictures(of: $0, $0.widened(by: overlap, within: stretch ?? whole), overlap: overlap)
        }
    }

    private func pictures(of range: FrameRange, _ context: FrameRange, overlap: Int) throws -> [String] {
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
