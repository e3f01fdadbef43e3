internal import CLibAV

/// Drops the sound that an edit list hides. A player that knows nothing of the list would play it, and where several edits
/// follow each other it lies in the place of what is heard.
///
/// Before a track's first sound the encoder's priming stays, which holds nothing to hear; of a longer run, a part that was
/// cut off, the last packet stays, without which a decoder cannot begin. Uncompressed sound needs neither.
struct PreRoll {
    private var begun: Set<Int> = []
    private var hidden: [Int: [DemuxedPacket]] = [:]
    /// Tracks of which more is hidden than an encoder's priming.
    private var cut: Set<Int> = []

    /// Seconds: no encoder takes longer to begin.
    static let priming = 0.1
    /// Packets: nor more of them, whatever their times say.
    static let mostPackets = 64

    /// Takes the next packet of a film; gives those that are copied.
    mutating func take(_ packet: DemuxedPacket, of stream: UnsafeMutablePointer<AVStream>) -> [DemuxedPacket] {
        guard stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO else { return [packet] }
        let index = packet.stream
        guard packet.flags.contains(.discard) else {
            begun.insert(index)
            return (hidden.removeValue(forKey: index) ?? []) + [packet]
        }
        let isPlain = SampleRuns(stream.pointee.codecpar.pointee) != nil
        if !isPlain, !begun.contains(index) { hide(packet, tick: av_q2d(stream.pointee.time_base)) }
        return []
    }

    private mutating func hide(_ packet: DemuxedPacket, tick: Double) {
        let run = (hidden[packet.stream] ?? []) + [packet]
        let (first, end) = (run[0].pts ?? 0, (packet.pts ?? 0) + packet.duration)
        if Double(end - first) * tick > Self.priming || run.count > Self.mostPackets { cut.insert(packet.stream) }
        hidden[packet.stream] = cut.contains(packet.stream) ? [packet] : run
    }
}
