import FarmModel
import Media

/// The frames that a segment's packets decode to, numbered by the film's frame table.
final class SegmentDecoder: PictureSource {
    private let task: SegmentTask
    private let reader: PacketFileReader
    private let decoder: VideoDecoder
    private var selector: FrameSelector<VideoFrame>
    private var ready: [(number: Int, picture: any PlanarPicture)] = []
    private var ended = false

    /// - Parameter threads: for libavcodec; 0 takes one a core. The pictures do not depend on it.
    init(order: SegmentOrder, threads: Int) throws {
        task = order.task
        reader = try PacketFileReader(path: order.inputPath)
        decoder = try VideoDecoder(stream: reader.stream, threads: threads)
        selector = FrameSelector(context: task.context, timestamps: task.timestamps)
    }

    var missing: [Int] { selector.missing }
    private(set) var damaged: [Int] = []

    func next() throws -> (number: Int, picture: any PlanarPicture)? {
        while ready.isEmpty, !ended { try advance() }
        return ready.isEmpty ? nil : ready.removeFirst()
    }

    private func advance() throws {
        if let packet = try reader.next() {
            try take(try decoder.decode(packet))
        } else {
            try take(try decoder.finish())
            try add(selector.finish())
            ended = true
        }
    }

    private func take(_ frames: [VideoFrame]) throws {
        for frame in frames { try add(selector.accept(frame, timestamp: frame.timestamp)) }
    }

    private func add(_ selected: [FrameSelector<VideoFrame>.Frame]) throws {
        for frame in selected {
            try checkFormat(frame.picture)
            if frame.picture.isDamaged { damaged.append(frame.number) }
            ready.append((frame.number, frame.picture))
        }
    }

    /// The job's recipe was made for one format; a film that changes it in the middle cannot go on unnoticed.
    private func checkFormat(_ frame: VideoFrame) throws {
        let promised = task.recipe.input
        guard frame.format.width == promised.width, frame.format.height == promised.height,
            frame.format.layout == promised.layout
        else {
            throw MediaError(
                .source,
                "the film's pictures change in its middle: \(promised.width)x\(promised.height) \(promised.layout) became "
                    + "\(frame.format.width)x\(frame.format.height) \(frame.format.layout)")
        }
    }
}
