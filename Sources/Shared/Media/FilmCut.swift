internal import CLibAV

/// The part of a film that is taken, in seconds of the film's own clock: from a picture's time up to, without, another's.
/// nil: from its start, to its end.
public struct FilmCut: Codable, Hashable, Sendable {
    public var from: Double?
    public var to: Double?

    public init(from: Double?, to: Double?) {
        self.from = from
        self.to = to
    }

    public static let none = FilmCut(from: nil, to: nil)

    /// Whether what is shown at `time` for `duration` belongs to the part: by its middle, so that sound begins and ends within
    /// half a packet of the pictures.
    func takes(_ time: Double, duration: Double) -> Bool {
        let middle = time + max(0, duration) / 2
        return middle >= from ?? -.infinity && middle < to ?? .infinity
    }

    /// What of an interval lies inside; nil where nothing does.
    func clipped(_ start: Double, _ end: Double) -> (start: Double, end: Double)? {
        let clipped = (start: max(start, from ?? start), end: min(end, to ?? end))
        let isInside = start < to ?? .infinity && max(start, end) >= from ?? -.infinity
        return isInside && (clipped.end > clipped.start || start == end) ? clipped : nil
    }

    /// Takes a packet of a video that is copied: from the part's first keyframe on, and to the last packet that is decoded before
    /// the end.
    /// - Parameter began: pts of the packet that it began with.
    func takes(_ packet: DemuxedPacket, began: inout Int64?, tick: Double) -> Bool {
        guard let pts = packet.pts ?? packet.dts else { return from == nil || began != nil }
        let isStart = from == nil || (packet.flags.contains(.key) && takes(Double(pts) * tick, duration: 0))
        if began == nil, isStart { began = pts }
        guard let began, from == nil || pts >= began else { return false }
        // Matroska does not tell when its first packets are decoded: before the first picture is shown, or little before their own.
        let decoded = packet.dts.map { Double($0) * tick } ?? max(Double(began) * tick, Double(pts) * tick - 1)
        return min(Double(pts) * tick, decoded) < to ?? .infinity
    }

    /// Takes a packet as it is, shortened, or not at all. Text and bitmaps last long: of those that lie across a border,
    /// what is inside is shown.
    func takes(_ packet: DemuxedPacket, of stream: UnsafeMutablePointer<AVStream>) -> Bool {
        guard self != .none, !stream.isBesideStreams, let ticks = packet.pts ?? packet.dts else { return true }
        let tick = av_q2d(stream.pointee.time_base)
        let (start, length) = (Double(ticks) * tick, Double(packet.duration) * tick)
        guard stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE, length > 0 else {
            return takes(start, duration: length)
        }
        guard let inside = clipped(start, start + length) else { return false }
        if inside.start > start || inside.end < start + length {
            packet.pointer.pointee.pts = Int64((inside.start / tick).rounded(.up))
            packet.pointer.pointee.dts = packet.pointer.pointee.pts
            packet.pointer.pointee.duration = max(1, Int64(((inside.end - inside.start) / tick).rounded(.down)))
        }
        return true
    }
}
