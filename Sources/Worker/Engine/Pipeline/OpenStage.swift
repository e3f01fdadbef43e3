import EngineProtocol
import FarmModel
import Processes

/// Segments in, segments whose source is open and has given its first picture out, one ahead of the stage that decodes.
///
/// To open a hardware decoder takes a third of a second, in which a device is through with all that was decoded ahead.
struct OpenStage: Sendable {
    let input: BoundedQueue<SegmentRun>
    let output: BoundedQueue<OpenedSegment>
    let open: @Sendable (SegmentOrder) throws -> any PictureSource

    func run() {
        while let segment = input.pop().element {
            // Two sources at most are open at a time: they take a device's memory.
            output.awaitRoom()
            var source: OpenedSource?
            segment.attempt {
                let start = Clock.seconds
                source = try OpenedSource(try open(segment.order))
                segment.add(\.decode, .init(busy: Clock.seconds - start))
            }
            _ = output.push(OpenedSegment(run: segment, source: source))
        }
        output.close()
    }
}

/// A segment, and where its pictures come from; nothing where that failed.
struct OpenedSegment: Sendable {
    let run: SegmentRun
    let source: OpenedSource?
}

/// A source that has begun.
// Sendable by hand: the thread that opened it hands it over to the one that decodes, and keeps nothing of it.
final class OpenedSource: @unchecked Sendable {
    private(set) var source: (any PictureSource)?
    private var first: (number: Int, picture: any PlanarPicture)?

    init(_ source: any PictureSource) throws {
        self.source = source
        first = try source.next()
    }

    func next() throws -> (number: Int, picture: any PlanarPicture)? {
        if let picture = first {
            first = nil
            return picture
        }
        return try source?.next()
    }

    /// Gives back what it decodes with, before anybody waits for its pictures to go on.
    func close() { (source, first) = (nil, nil) }
}
