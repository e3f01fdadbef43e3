/// Until when a film's last frame is shown, as its packets say.
struct FilmEnd {
    /// In the stream's time base; nil before a packet that has a time.
    private(set) var latest: Int64?

    /// An empty packet counts, too: in AVI it lengthens the picture before it.
    mutating func note(_ packet: VideoPacket) {
        guard !packet.flags.contains(.discard), let time = packet.pts ?? packet.dts else { return }
        latest = max(latest ?? .min, time &+ packet.duration)
    }
}
