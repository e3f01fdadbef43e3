import FarmModel
import FarmProtocol
import Media
import Messaging

/// Cuts segments out of a job's packet store: which bytes a worker is given, and what it is told about them.
struct SegmentCutter: Sendable {
    let recipe: Recipe
    let table: FrameTable
    /// The job's packet store: a packet file of the whole film's video.
    let store: String

    /// A segment as a worker gets it.
    struct Cut: Sendable {
        var task: SegmentTask
        /// The parts of files that make up the task's input.
        var slices: [BlobSlice]
    }

    /// Reads and hashes the segment's packets, on a thread of its own.
    /// - Parameter extraRunUp: keyframes to start earlier than the segment needs.
    func cut(_ attempt: AttemptID, range: FrameRange, extraRunUp: Int) async throws -> Cut {
        let context = range.widened(by: recipe.overlap, within: FrameRange(0, table.count))
        let span = table.span(for: context, extraRunUp: extraRunUp)
        // The header makes the run of records a packet file again.
        let slices: [BlobSlice] = [
            .file(path: store, offset: 0, length: Int64(table.headerSize)),
            .file(path: store, offset: span.bytes.lowerBound, length: Int64(span.bytes.count)),
        ]
        let input = try await BlobReference.describing(id: Wire.sourceBlob(attempt), slices: slices)
        return Cut(
            task: SegmentTask(
                attempt: attempt, range: range, context: context, timestamps: table.timestamps(of: context),
                recipe: recipe,
                input: input),
            slices: slices)
    }
}
