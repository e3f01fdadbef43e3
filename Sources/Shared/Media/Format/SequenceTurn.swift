internal import FarmModel
internal import Foundation

/// Knows where a decoder must make way for another: libavcodec's for MPEG-2 drops the last picture before a sequence header that
/// says something new, and of other chroma it takes no notice.
struct SequenceTurn {
    private let reader: CodecHeaderReader?
    private var last: Data?

    init(_ parameters: CodecParameters) {
        let isConcerned = ["mpeg1video", "mpeg2video"].contains(parameters.codec)
        reader = isConcerned ? CodecHeaderReader(parameters) : nil
        last = reader?.headers(of: VideoPacket(pts: nil, dts: nil, payload: parameters.extradata))?.sequence
    }

    /// Whether the pictures so far must be taken out before `packet` is decoded.
    mutating func isReached(by packet: VideoPacket) -> Bool {
        guard packet.flags.contains(.key), let new = reader?.headers(of: packet)?.sequence else { return false }
        defer { last = new }
        return last != nil && last != new
    }
}
