import FarmModel
import FarmProtocol
import Media
import Messaging

/// Cuts segments out of a job's packet store: which bytes a worker is given, and what it is told about them.
struct SegmentCutter: Sendable {
    let recipe: Recipe
    let table: FrameTable
    let borders: GOPBorders
    /// The job's packet store: a packet file of the whole film's video.
    let store: String
    /// The frames whose pictures are like the job's; nil: all. Where others begin is an end, as the film's own.
    var stretch: FrameRange?

    /// A segment as a worker gets it.
    struct Cut: Sendable {
        var task: SegmentTask
        /// The parts of files that make up the task's input.
        var slices: [BlobSlice]
    }

    /// Reads and hashes the segment's packets, on a thread of its own.
    /// - Parameter extraRunUp: keyframes to start earlier than the segment needs.
    func cut(_ attempt: AttemptID, range: FrameRange, extraRunUp: Int) async throws -> Cut {
        let slices = slices(of: range, extraRunUp: extraRunUp)
        let input = try await BlobReference.describing(id: Wire.sourceBlob(attempt), slices: slices)
        return Cut(
            task: SegmentTask(
                attempt: attempt, range: range, context: context(of: range), keyframes: borders.inside(range),
                timestamps: table.timestamps(of: context(of: range)), recipe: recipe, input: input),
            slices: slices)
    }

    /// The bytes of a segment's input, none of them read.
    func slices(of range: FrameRange, extraRunUp: Int) -> [BlobSlice] {
        let span = table.span(for: context(of: range), extraRunUp: extraRunUp)
        // The header makes the run of records a packet file again.
        return [
            .file(path: store, offset: 0, length: Int64(table.headerSize)),
            .file(path: store, offset: span.bytes.lowerBound, length: Int64(span.bytes.count)),
        ]
    }

    private func context(of range: FrameRange) -> FrameRange {
        range.widened(by: recipe.overlap, within: stretch ?? FrameRange(0, table.count))
    }
}
