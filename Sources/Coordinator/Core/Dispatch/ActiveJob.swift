import FarmModel
import Foundation
import Media
import Scheduling

/// What dispatching a job takes besides its place in the queue.
struct ActiveJob: Sendable {
    var record: JobRecord
    let source: FilmSource
    /// The user allowed the output to be replaced.
    let overwrite: Bool
    let table: FrameTable
    let borders: GOPBorders
    /// Where the job stands in the queue's file: what is not durable has not happened.
    var durableState: JobState
    /// Of the first accepted segment; all others must have the same (P3).
    var parameterSets: String?
    /// Set while the film is being joined: packets written and to write.
    var joining: (done: Int64, total: Int64)?
    /// Why joining waits: there is no space for the film.
    var held: String?
    /// What the user should know when the job is done: frames struck, streams that the container cannot hold.
    var warnings: [String] = []

    init(record: JobRecord, source: FilmSource, overwrite: Bool, table: FrameTable) {
        self.record = record
        self.source = source
        self.overwrite = overwrite
        self.table = table
        borders = GOPBorders(of: record, in: table)
        durableState = record.plan.state
    }

    /// Bytes that the job will still take in the spool, and for its film.
    /// - Parameter share: of its frames, those that are not accepted yet.
    func outstanding(_ share: Double) -> Int64 {
        let encoded = SpaceEstimate.encoded(
            frames: record.plan.segments.reduce(0) { $0 + $1.range.count }, encoding: record.recipe.encoding)
        return Int64(Double(encoded) * (1 + share)) + source.identity.size
    }

    /// The presentation time of a frame, in seconds from the film's first; 0 for a frame that the film does not have, which
    /// an older coordinator may have stored.
    func seconds(of frame: Int) -> Double {
        guard let first = table.timestamps.first, table.timestamps.indices.contains(frame) else { return 0 }
        return Double(table.timestamps[frame] - first) * record.recipe.source.timeBase.value
    }
}
