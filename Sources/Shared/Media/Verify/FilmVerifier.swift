internal import CLibAV
internal import FarmModel
internal import Foundation

/// Compares a film with its source, and trusts nothing but the two files: no record of the job that made it, and none of the
/// code that wrote it.
public enum FilmVerifier {
    /// What of the source the film is.
    public struct Part: Sendable {
        /// nil: all.
        var streams: StreamSelection?
        var cut: FilmCut
        /// The cut counts from where players do, the source's start.
        var countsFromStart: Bool

        public init(streams: StreamSelection? = nil, cut: FilmCut = .none, countsFromStart: Bool = false) {
            (self.streams, self.cut, self.countsFromStart) = (streams, cut, countsFromStart)
        }
    }

    /// Every picture of the source must be there, once and at its time; every other stream with the source's payloads at
    /// theirs, all moved by one offset; chapters, attachments, tags and dispositions as they were. Reads both files once,
    /// the source again where its packets do not tell its pictures, and both again where pictures are looked at; memory grows by 16 bytes a packet.
    /// - Parameters:
    ///   - struck: timestamps of pictures of the source that nobody could decode, in seconds: they need not be there.
    ///   - name: the film's name where it has another for now: its extension tells what the container could hold.
    ///   - decode: looks at the pictures too, in a small size, frame by frame: one that stands in another's place, twice, or that
    ///     is no picture of the source is found.
    ///   - progress: told the share that is done, 0 to 1.
    /// - Throws: `MediaError` where one of the files cannot be read; `CancellationError`. Blocks.
    public static func verify(
        _ film: String, named name: String? = nil, source: String, taking part: Part = Part(),
        without struck: [Double] = [], decode: Bool = false,
        isCancelled: @escaping @Sendable () -> Bool = { false }, progress: @escaping (Double) -> Void = { _ in }
    ) throws -> FilmVerdict {
        let passes = decode ? 4.0 : 3.0
        var original = try FilmContents(source, streams: part.streams, hides: true, isCancelled: isCancelled) {
            progress($0 / passes)
        }
        var made = try FilmContents(film, isCancelled: isCancelled) { progress((1 + $0) / passes) }
        made.name = name ?? film
        original.cut(part)
        original.times = without(struck, original.times)
        var verdict = FilmVerdict()
        verdict.frames = made.times.count
        verdict.add(made.faults, of: "packets of pictures")
        if let trouble = made.trouble { verdict.differences.append(trouble) }
        let hint = original.shift(to: made)
        var frames = FrameMatch(source: original.times, film: made.times, tick: made.tick, hint: hint)
        var skipped = 0
        func decoded(looking looks: Bool, from start: Double) throws -> PictureComparison {
            try PictureComparison(
                source: source, film: film, original: original, made: made, offset: frames.offset,
                skipped: skipped, looks: looks,
                isCancelled: isCancelled
            ) { progress((start + $0) / passes) }
        }
        // Packets are promises: decoding tells which of them the source keeps.
        if original.mustBeDecoded || !frames.isComplete {
            let all = without(struck, try decoded(looking: false, from: 2).sourceTimes)
            let times = original.inside(all)
            skipped = times.first.flatMap(all.firstIndex) ?? 0
            frames = FrameMatch(source: times, film: made.times, tick: made.tick, hint: hint)
        }
        if decode {
            let pictures = try decoded(looking: true, from: 3)
            verdict.add(pictures.differences, of: "pictures that are not the source's")
            verdict.isDecoded = true
        }
        verdict.add(frames.differences, of: "pictures that are missing, or not the source's")
        compare(original, made, offset: frames.offset, &verdict)
        progress(1)
        return verdict
    }

    private static func without(_ struck: [Double], _ times: [Double]) -> [Double] {
        guard !struck.isEmpty else { return times }
        let gone = Set(struck.map(rounded))
        return times.filter { !gone.contains(rounded($0)) }
    }

    private static func compare(
        _ original: FilmContents, _ made: FilmContents, offset: Double, _ verdict: inout FilmVerdict
    ) {
        let tracks = TrackMatch(original, made, offset: offset)
        verdict.streams = tracks.matched.count
        verdict.add(tracks.differences, of: "streams")
        verdict.losses += tracks.losses
        for compare in [Surroundings.attachments, Surroundings.labels, Surroundings.dispositions] {
            compare(original.demuxer, made, tracks.matched, &verdict)
        }
        Surroundings.picture(original, made, &verdict)
        Surroundings.chapters(original, made, offset: offset, &verdict)
    }
}

/// Which pictures of the source are in the film, by their times.
struct FrameMatch {
    /// Seconds from the source's clock to the film's.
    let offset: Double
    private(set) var differences: [String] = []
    var isComplete: Bool { differences.isEmpty }

    /// - Parameters:
    ///   - source: seconds, ascending; `film` likewise.
    ///   - tick: the film's, in seconds.
    ///   - hint: by how much another stream was moved: where the first picture is missing, the others alone do not tell.
    init(source: [Double], film: [Double], tick: Double, hint: Double? = nil) {
        let tolerance = Self.tolerance(source, tick)
        offset = Self.offset(source, film, tolerance, hint)
        var (a, b) = (0, 0)
        while a < source.count || b < film.count {
            let gap = a < source.count && b < film.count ? film[b] - source[a] - offset : .nan
            if abs(gap) <= tolerance {
                (a, b) = (a + 1, b + 1)
            } else if b >= film.count || gap > 0 {
                let isMoved = b < film.count && a + 1 < source.count && film[b] < source[a + 1] + offset - tolerance
                let time = rounded(source[a])
                differences.append(
                    isMoved
                        ? "the picture at \(time) s lies \(rounded(gap)) s late"
                        : "the film lacks the picture that the source has at \(time) s")
                (a, b) = (a + 1, b + (isMoved ? 1 : 0))
            } else {
                differences.append("the film has a picture at \(rounded(film[b])) s that the source has not")
                b += 1
            }
        }
    }

    /// How far a picture may lie from its place: two roundings to the film's tick, its own and the first one's; but never so far
    /// that it could be its neighbour, which it could where a tick is as long as a picture.
    static func tolerance(_ source: [Double], _ tick: Double) -> Double {
        let gaps = zip(source, source.dropFirst()).map { $1 - $0 }.sorted()
        let small = gaps.isEmpty ? .infinity : gaps[gaps.count / 20]
        return min(tick * 1.001, small * 0.45) + 1e-9
    }

    /// The one by which most pictures fall into place; the first of either may be missing.
    private static func offset(
        _ source: [Double], _ film: [Double], _ tolerance: Double, _ hint: Double?
    ) -> Double {
        guard let first = film.first, let start = source.first else { return 0 }
        let likely = hint ?? first - start
        let near = (source.prefix(16).map { first - $0 } + film.dropFirst().prefix(16).map { $0 - start })
            .sorted { abs($0 - likely) < abs($1 - likely) }
        var best = (offset: first - start, hits: -1)
        for offset in near {
            let hits = hits(source, film, offset, tolerance)
            if hits > best.hits { best = (offset, hits) }
            if hits == min(source.count, film.count) { break }
        }
        return best.offset
    }

    private static func hits(_ source: [Double], _ film: [Double], _ offset: Double, _ tolerance: Double) -> Int {
        var (a, b, hits) = (0, 0, 0)
        while a < source.count, b < film.count {
            let gap = film[b] - source[a] - offset
            if abs(gap) <= tolerance { hits += 1 }
            if gap >= -tolerance { a += 1 }
            if gap <= tolerance { b += 1 }
        }
        return hits
    }
}
