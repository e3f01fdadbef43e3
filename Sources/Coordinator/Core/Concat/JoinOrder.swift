import FarmModel
import Foundation
import Media

/// What the joining child is told: one film's accepted segments, in film order, and the source that gives all else.
struct JoinOrder: Codable, Sendable {
    var film: String
    var videoIndex: Int
    /// Which of the film's streams are taken; nil: all.
    var streams: StreamSelection?
    /// The frames that are taken.
    var range: FrameRange
    /// What was asked for, in seconds after the film's start.
    var asked = FilmCut.none
    /// The accepted segments.
    var segments: [Segment]
    var frameTable: String
    /// Frames that no attempt could produce: no part of the film.
    var struck: [Int]
    var encoding: EncodingSettings
    /// How the source's pictures were turned.
    var orientation: Orientation?
    /// Where the film is written before it has its name.
    var partial: String
    /// Where the spool notes that it is joined.
    var mark: String
    /// The name it will have: its extension says which container.
    var output: String
    var overwrite: Bool

    struct Segment: Codable, Sendable {
        /// Its packet file.
        var path: String
        /// Of what was accepted.
        var sha256: String
    }

    /// Writes the film, checks it packet by packet, and gives it its name.
    func carryOut(_ say: @escaping @Sendable (FilmWord) -> Void) throws -> JoinedFilm {
        if let film = JoinMark.published(mark, output: output) {
            unlink(partial)
            return film
        }
        // What a disk damaged since it was accepted may still be a stream of the right length.
        for segment in segments where try FileHash.sha256(segment.path) != segment.sha256 {
            throw CoordinatorError(.file, "\(segment.path), a finished segment, is not what was accepted any more")
        }
        let table = try FrameTable(contentsOf: frameTable)
        let absent = Set(struck)
        let timestamps = (range.first..<range.end).filter { !absent.contains($0) }.map { table.timestamps[$0] }
        var plan = FilmPlan(
            source: film, videoIndex: videoIndex, segments: segments.map(\.path), timestamps: timestamps,
            encoding: encoding, orientation: orientation, output: output)
        (plan.streams, plan.cut) = (streams, try cut(table))
        plan.end = range.end < table.count ? table.timestamps[range.end] : table.end
        do {
            let report = try FilmWriter.write(plan, to: partial) { done, total in
                say(.progress(done: done, total: total))
            }
            let losses = try FilmCheck.check(partial, against: plan, report: report)
            let changes = try verify(table)
            let film = JoinedFilm(frames: report.frames, warnings: report.warnings + losses + changes)
            try JoinMark(of: partial, film: film).save(to: mark)
            try Publication.publish(partial, as: output, overwrite: overwrite)
            return film
        } catch {
            unlink(partial)  // its space may be what is missing
            throw error
        }
    }
}

extension JoinOrder {
    private func cut(_ table: FrameTable) throws -> FilmCut {
        guard asked != .none else { return .none }
        return table.cut(to: range, asked: asked, start: try FilmDescription.start(of: film))
    }

    /// Holds the film against its source as `coordinator verify` does, which knows nothing of how it was made.
    /// - Returns: what is not as it was although nothing is lost.
    private func verify(_ table: FrameTable) throws -> [String] {
        let times = struck.map { Double(table.timestamps[$0]) * table.timeBase.value }
        let verdict = try FilmVerifier.verify(
            partial, named: output, source: film,
            taking: FilmVerifier.Part(streams: streams, cut: try cut(table)),
            without: times)
        guard let first = verdict.differences.first else { return verdict.changes }
        let more = verdict.differences.count > 1 ? "; and \(verdict.differences.count - 1) more" : ""
        throw CoordinatorError(.job, "\(output) would not be its source, and is not published: \(first)\(more)")
    }
}

/// A film that has its name.
struct JoinedFilm: Codable, Hashable, Sendable {
    var frames: Int
    /// What the container could not carry.
    var warnings: [String]
}
