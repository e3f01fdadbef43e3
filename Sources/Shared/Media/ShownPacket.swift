internal import Foundation

/// Whether a picture is shown of a packet, as far as its container and its first byte tell.
private func isShown(_ codec: String, _ flags: VideoPacket.Flags, _ head: UInt8?) -> Bool {
    if flags.contains(.discard) { return false }
    // VP8 stores reference pictures that are never shown as packets of their own: show_frame, RFC 6386 9.1.
    return codec != "vp8" || head.map { $0 & 0x10 != 0 } ?? true
}

extension VideoPacket {
    func isShown(_ codec: String) -> Bool { Media.isShown(codec, flags, payload.first) }
}

extension DemuxedPacket {
    func isShown(_ codec: String) -> Bool { Media.isShown(codec, flags, withPayload { $0.first }) }
}
