internal import CLibAV

/// The packets of a film whose clock may jump, moved to one clock.
struct ClockedPackets {
    private var clock = SteadyClock<DemuxedPacket>()
    /// Moved, the next one last.
    private var ready: [DemuxedPacket] = []

    /// Where the clock jumped, in words; nil where it did not.
    var warning: String? {
        let (count, first) = clock.jumps
        guard count > 0 else { return nil }
        let times = count == 1 ? "once, at" : "\(count) times, first at"
        let seconds = rounded(Double(first) / 90_000)
        return "the clock in the file starts anew \(times) \(seconds) s: the film goes on there without a gap"
    }

    mutating func next() -> DemuxedPacket? { ready.popLast() }

    /// - Parameter kind: of the packet's stream.
    mutating func take(_ packet: DemuxedPacket, of kind: AVMediaType) {
        packet.dropForeignTime()
        let times = SteadyClock<DemuxedPacket>.Times(
            stream: packet.stream, leads: kind == AVMEDIA_TYPE_VIDEO || kind == AVMEDIA_TYPE_AUDIO, pts: packet.pts,
            dts: packet.dts, duration: packet.duration, size: packet.size)
        give(clock.take(packet, times))
    }

    mutating func finish() { give(clock.finish()) }

    private mutating func give(_ moved: [SteadyClock<DemuxedPacket>.Moved]) {
        for (packet, shift) in moved { packet.move(by: shift) }
        ready = moved.reversed().map(\.packet) + ready
    }
}

extension DemuxedPacket {
    /// Where program streams leave a pts out, libavformat makes it of a dts that follows, be that of another clock.
    fileprivate func dropForeignTime() {
        guard let pts, let dts, abs(pts - dts) > SteadyClock<DemuxedPacket>.reach else { return }
        pointer.pointee.pts = av_shim_nopts
    }

    fileprivate func move(by ticks: Int64) {
        if pts != nil { pointer.pointee.pts += ticks }
        if dts != nil { pointer.pointee.dts += ticks }
    }
}
