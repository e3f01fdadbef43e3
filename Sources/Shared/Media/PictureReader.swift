internal import CLibAV
internal import FarmModel
internal import Foundation

/// Decodes the pictures of a film from start to end.
final class PictureReader {
    struct Picture {
        /// Of the packet that it came from, in decode order; nil where the timestamps can be relied on.
        var packet: Int?
        /// Seconds; nil where `packet` counts.
        var time: Double?
        var thumbnail: Thumbnail?
    }

    private let frames: FrameStream
    private let thumbnailer: Thumbnailer?
    /// Turns pictures that someone looks at as the film asks for.
    private let turner: PicturePreparer
    private var turned = 0
    private let counts: Bool
    private let tick: Double
    /// Numbers that came, where packets are counted.
    private var seen: Set<Int64> = []
    /// Times of the packets, in decode order, where they are counted.
    private(set) var packets: [(pts: Int64?, dts: Int64?)] = []
    var position: Double { frames.demuxer.position }
    /// Seconds a tick.
    var timeBase: Double { tick }
    /// Ticks a frame, where the file tells no times.
    var nominalStep: Double? { frames.demuxer.nominalStep }

    /// - Parameters:
    ///   - counts: the timestamps cannot be relied on: packets are told apart by their numbers.
    ///   - thumbnailer: nil: nobody looks at the pictures.
    init(_ path: String, counts: Bool, _ thumbnailer: Thumbnailer?, isCancelled: @escaping @Sendable () -> Bool) throws
    {
        frames = try FrameStream(path, isCancelled: isCancelled)
        (self.counts, self.thumbnailer) = (counts, thumbnailer)
        turner = PicturePreparer(Preparation(orientation: thumbnailer == nil ? nil : frames.demuxer.orientation))
        tick = frames.demuxer.video.timeBase.value
    }

    func next() throws -> Picture? {
        while let frame = try frames.next(number) {
            // Behind damage a decoder may give a picture twice.
            if counts, frame.timestamp.map({ seen.insert($0).inserted }) == false { continue }
            return Picture(
                packet: counts ? frame.timestamp.map { Int($0) } : nil,
                time: counts ? nil : frame.timestamp.map { Double($0) * tick }, thumbnail: try thumbnail(of: frame))
        }
        return nil
    }

    private func number(_ packet: inout VideoPacket) {
        guard counts else { return }
        packets.append((packet.pts, packet.dts))
        (packet.pts, packet.dts) = (Int64(packets.count - 1), Int64(packets.count - 1))
    }

    private func thumbnail(of frame: VideoFrame) throws -> Thumbnail? {
        guard let thumbnailer else { return nil }
        defer { turned += 1 }
        return try turner.take(frame, number: turned).last.map { try thumbnailer.thumbnail(of: $0.picture) }
    }
}
