import EngineProtocol
import FarmModel
import Inference
import Media

/// The frames that a segment's packets decode to, prepared for the network and numbered by the film's frame table.
final class SegmentDecoder: PictureSource {
    private let task: SegmentTask
    private let reader: PacketFileReader
    private let decoder: VideoDecoder
    private let preparer: PicturePreparer
    /// Makes of a picture what goes on its way, before the decoder gives the next.
    private let keep: (VideoFrame) throws -> Decoded
    /// nil: whatever the decoder gives is taken, and what it lacks told.
    private var promise: HardwarePromise?
    /// What is given: all but the frames that are only there for their neighbours' sake.
    private let given: FrameRange
    private var selector: FrameSelector<Decoded>
    private var ready: [(number: Int, picture: any PlanarPicture)] = []
    private var hasGiven = false
    private var ended = false

    private struct Decoded {
        let picture: any PlanarPicture
        let timestamp: Int64?
        let isDamaged: Bool
    }

    /// - Parameter threads: for libavcodec; 0 takes one a core. The pictures do not depend on it.
    convenience init(order: SegmentOrder, threads: Int) throws {
        try self.init(order, onto: nil) { try VideoDecoder(stream: $0, threads: threads) }
    }

    /// In hardware, for a segment that needs no preparation. Anything but what is promised is an error (`HardwarePromise`).
    /// - Parameter device: the hardware's; the pictures stay there.
    convenience init(order: SegmentOrder, hardware: HardwareDecoder, device: Device) throws {
        try self.init(order, onto: device) { try VideoDecoder(stream: $0, threads: 1, hardware: hardware) }
    }

    /// - Parameter device: whose memory `open`'s decoder gives pictures in; nil: the host's.
    init(_ order: SegmentOrder, onto device: Device?, open: (VideoStream) throws -> VideoDecoder) throws {
        task = order.task
        reader = try PacketFileReader(path: order.inputPath)
        decoder = try open(reader.stream)
        promise = device.map { _ in HardwarePromise(order.task.context) }
        keep = { frame in
            let own: any PlanarPicture = if let device { try DevicePicture(copying: frame, on: device) } else { frame }
            return Decoded(picture: own, timestamp: frame.timestamp, isDamaged: frame.isDamaged)
        }
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
            try take(try decoder.decode(packet, keep))
        } else {
            try take(try decoder.finish(keep))
            try add(selector.finish())
            try promise?.expectEnd()
            if !ended { try give(try preparer.finish()) }
            ended = true
        }
    }

    private func take(_ pictures: [Decoded]) throws {
        try promise?.expectNone(decoder.damage)
        for picture in pictures { try add(selector.accept(picture, timestamp: picture.timestamp)) }
    }

    private func add(_ selected: [FrameSelector<Decoded>.Frame]) throws {
        for frame in selected where !ended {
            let (number, decoded) = (frame.number, frame.picture)
            try promise?.expect(number)
            guard try fits(decoded.picture.format, number: number) else { continue }
            if decoded.isDamaged { damaged.append(number) }
            // Filters work in the host's memory; what lies on a device has no use for them.
            if let picture = decoded.picture as? VideoFrame {
                try give(try preparer.take(picture, number: number))
            } else if given.contains(number) {
                ready.append((number, decoded.picture))
            }
        }
    }

    private func give(_ prepared: [PicturePreparer.Numbered]) throws {
        ready += prepared.filter { given.contains($0.number) }.map { ($0.number, $0.picture) }
    }

    /// The job's recipe was made for one format. Run-up may have another: nobody sees it. Neighbours beyond the segment that have
    /// another are none: there the film begins or ends, as far as the job goes (another segment of it would tell).
    private func fits(_ format: PictureFormat, number: Int) throws -> Bool {
        let (made, promised) = (format.prepared(by: task.recipe.preparation), task.recipe.input)
        if (made.width, made.height) == (promised.width, promised.height), made.layout == promised.layout {
            return true
        }
        if promise != nil {
            throw UnexpectedPicture(frame: number, is: made, promised: promised)
        } else if number >= task.range.end {
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
