import EngineProtocol
import FarmModel
import Media

/// The frames that a segment's packets decode to, prepared for the network and numbered by the film's frame table.
final class SegmentDecoder: PictureSource {
    private let task: SegmentTask
    private let reader: PacketFileReader
    private let decoder: VideoDecoder
    private let preparer: PicturePreparer
    /// What is given: all but the frames that are only there for their neighbours' sake.
    private let given: FrameRange
    private var selector: FrameSelector<VideoFrame>
    private var ready: [(number: Int, picture: any PlanarPicture)] = []
    private var hasGiven = false
    private var ended = false

    /// - Parameter threads: for libavcodec; 0 takes one a core. The pictures do not depend on it.
    init(order: SegmentOrder, threads: Int) throws {
        task = order.task
        reader = try PacketFileReader(path: order.inputPath)
        decoder = try VideoDecoder(stream: reader.stream, threads: threads)
        selector = FrameSelector(context: task.context, timestamps: task.timestamps)
        preparer = PicturePreparer(task.recipe.preparation)
        given = task.range.widened(
            by: max(0, task.recipe.overlap - task.recipe.preparation.reach), within: task.context)
    }

    var missing: [Int] { selector.missing }
    private(set) var damaged: [Int] = []

    func next() throws -> (number: Int, picture: any PlanarPicture)? {
        while ready.isEmpty, !ended { try advance() }
        guard !ready.isEmpty else { return nil }
        hasGiven = true
        return ready.removeFirst()
    }

    private func advance() throws {
        if let packet = try reader.next() {
            try take(try decoder.decode(packet))
        } else {
            try take(try decoder.finish())
            try add(selector.finish())
            if !ended { try give(try preparer.finish()) }
            ended = true
        }
    }

    private func take(_ frames: [VideoFrame]) throws {
        for frame in frames { try add(selector.accept(frame, timestamp: frame.timestamp)) }
    }

    private func add(_ selected: [FrameSelector<VideoFrame>.Frame]) throws {
        for frame in selected where !ended {
            guard try fits(frame.picture, number: frame.number) else { continue }
            if frame.picture.isDamaged { damaged.append(frame.number) }
            try give(try preparer.take(frame.picture, number: frame.number))
        }
    }

    private func give(_ prepared: [PicturePreparer.Numbered]) throws {
        ready += prepared.filter { given.contains($0.number) }.map { ($0.number, $0.picture) }
    }

    /// The job's recipe was made for one format. Run-up may have another: nobody sees it. Neighbours beyond the segment that have
    /// another are none: there the film begins or ends, as far as the job goes (another segment of it would tell).
    private func fits(_ picture: VideoFrame, number: Int) throws -> Bool {
        let (made, promised) = (picture.format.prepared(by: task.recipe.preparation), task.recipe.input)
        if (made.width, made.height) == (promised.width, promised.height), made.layout == promised.layout {
            return true
        }
        if number >= task.range.end {
            try give(try preparer.finish())
            ended = true
        } else if number < task.range.first, !hasGiven {
            _ = try preparer.finish()
            ready = []
        } else {
            throw UnexpectedPicture(frame: number, is: made, promised: promised)
        }
        return false
    }
}

/// A frame of the film is not like those that the job was made for: no worker, and no other attempt, can change that.
struct UnexpectedPicture: Error, CustomStringConvertible {
    let frame: Int
    let description: String

    init(frame: Int, is made: PictureFormat, promised: PictureFormat) {
        self.frame = frame
        description = "the film's pictures change from \(promised.summary) to \(made.summary) at frame \(frame)"
    }
}
