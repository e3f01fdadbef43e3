import FarmModel
import Foundation
import Media

/// What the indexing child is told: read the film once, and leave its video packets and its frame table in the spool.
struct IndexOrder: Codable, Sendable {
    var film: String
    /// Which of its streams are taken.
    var streams: StreamSelection?
    /// Where the packets go.
    var packets: String
    var frameTable: String

    func carryOut(_ say: @escaping @Sendable (FilmWord) -> Void) throws -> IndexedFilm {
        // First: it refuses what is no film in plain words.
        let description = try FilmDescription.read(film, streams: streams, samples: false)
        let identity = try SourceIdentity.read(film)
        var said = 0
        let index = try FilmIndexer.index(
            film, store: packets, streams: streams,
            progress: { share in
                let percent = Int(share * 100)
                if percent > said { say(.progress(done: Int64(percent), total: 100)) }
                said = max(said, percent)
            })
        try index.table.save(to: frameTable)
        return IndexedFilm(
            description: description, identity: identity, frames: index.table.count,
            keyframes: index.table.keyframes.count, formats: index.formats, foundRate: index.foundRate,
            packetBytes: try Self.size(packets),
            warnings: index.warnings)
    }

    private static func size(_ path: String) throws -> Int64 {
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
        return size?.int64Value ?? 0
    }
}

/// What one pass over a film told.
struct IndexedFilm: Codable, Sendable {
    var description: FilmDescription
    var identity: SourceIdentity
    var frames: Int
    var keyframes: Int
    /// What its pictures are, and where they change.
    var formats: [FormatMark]
    /// Where the times had to be found out.
    var foundRate: Rational?
    /// Bytes of the video stream's packets.
    var packetBytes: Int64
    var warnings: [String]
}
