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

    private let demuxer: Demuxer
    private let decoder: VideoDecoder
    private let thumbnailer: Thumbnailer?
    /// Turns pictures that someone looks at as the film asks for.
    private let turner: PicturePreparer
    private var turned = 0
    private let counts: Bool
    private let tick: Double
    private var ready: [Picture] = []
    private var isDrained = false
    /// Numbers that came, where packets are counted.
    private var seen: Set<Int64> = []
    /// Times of the packets, in decode order, where they are counted.
    private(set) var packets: [(pts: Int64?, dts: Int64?)] = []
    var position: Double { demuxer.position }
    /// Seconds a tick.
    var timeBase: Double { tick }
    /// Ticks a frame, where the file tells no times.
    var nominalStep: Double? { demuxer.nominalStep }

    /// - Parameters:
    ///   - counts: the timestamps cannot be relied on: packets are told apart by their numbers.
    ///   - thumbnailer: nil: nobody looks at the pictures.
    init(_ path: String, counts: Bool, _ thumbnailer: Thumbnailer?, isCancelled: @escaping @Sendable () -> Bool) throws
    {
        demuxer = try Demuxer(path: path, selection: .video, isCancelled: isCancelled)
        decoder = try VideoDecoder(stream: demuxer.video, threads: 0)
        (self.counts, self.thumbnailer) = (counts, thumbnailer)
        turner = PicturePreparer(
            Preparation(
                orientation: thumbnailer == nil ? nil : demuxer.stream(demuxer.videoIndex).orientation))
        tick = demuxer.video.timeBase.value
    }

    func next() throws -> Picture? {
        while ready.isEmpty, !isDrained {
            guard let packet = try demuxer.next() else {
                isDrained = true
                try take(try decoder.finish())
                break
            }
            guard packet.stream == demuxer.videoIndex, packet.size > 0 else { continue }
            var copy = VideoPacket(packet)
            if counts {
                packets.append((copy.pts, copy.dts))
                (copy.pts, copy.dts) = (Int64(packets.count - 1), Int64(packets.count - 1))
            }
            try take(try decoder.decode(copy))
        }
        return ready.isEmpty ? nil : ready.removeFirst()
    }

    private func take(_ frames: [VideoFrame]) throws {
        // Behind damage a decoder may give a picture twice.
        for frame in frames where !counts || frame.timestamp.map({ seen.insert($0).inserted }) != false {
            var thumbnail: Thumbnail?
            if let thumbnailer {
                for (_, upright) in try turner.take(frame, number: turned) {
                    thumbnail = try thumbnailer.thumbnail(of: upright)
                }
                turned += 1
            }
            ready.append(
                Picture(
                    packet: counts ? frame.timestamp.map { Int($0) } : nil,
                    time: counts ? nil : frame.timestamp.map { Double($0) * tick }, thumbnail: thumbnail))
        }
    }
}
