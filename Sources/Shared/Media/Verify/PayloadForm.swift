internal import CLibAV
internal import Foundation
internal import Hashing

/// A stream's payloads as all containers hold them: muxers add and take away framing, and what is left is compared.
struct PayloadForm {
    private enum Kind {
        case asIs
        /// AAC with a header before each frame (ISO/IEC 13818-7 6.2).
        case adts
        /// H.264 or HEVC: the units that hold pictures count, not how they are framed, nor headers that may be repeated.
        case units(NALUnits.Framing, isHEVC: Bool)
        case av1
        /// Some containers leave out the atom around each frame.
        case proRes
    }

    private let kind: Kind
    /// The form of text, which may have been converted into another; nil for all else.
    let text: TextConversion?

    init(_ parameters: AVCodecParameters) {
        let extradata = UnsafeBufferPointer(start: parameters.extradata, count: Int(parameters.extradata_size))
        kind =
            switch parameters.codec_id {
            case AV_CODEC_ID_AAC: .adts
            case AV_CODEC_ID_H264: .units(Self.framing(extradata, at: 4, least: 7), isHEVC: false)
            case AV_CODEC_ID_HEVC: .units(Self.framing(extradata, at: 21, least: 23), isHEVC: true)
            case AV_CODEC_ID_AV1: .av1
            case AV_CODEC_ID_PRORES: .proRes
            default: .asIs
            }
        text =
            switch parameters.codec_id {
            case AV_CODEC_ID_MOV_TEXT: .timedText
            case AV_CODEC_ID_SUBRIP, AV_CODEC_ID_TEXT: .subRip
            default: nil
            }
    }

    /// A number that stands for what the packet holds; nil for one that holds nothing.
    func print(of packet: DemuxedPacket) -> UInt64? { Self.print(packet.withPayload { content(of: Data($0)) }) }

    /// Likewise of its words alone, which are the same in every form; nil where there are none, as in the gaps of timed text.
    func words(of packet: DemuxedPacket) -> UInt64? {
        let payload = packet.withPayload { Data($0) }
        let words = text == .timedText ? SubtitleText(timedText: payload) : SubtitleText(subRip: payload)
        return Self.print(Data(words.runs.map(\.text).joined().filter { !$0.isWhitespace }.utf8))
    }

    static func print(_ content: Data) -> UInt64? {
        content.isEmpty ? nil : SHA256.hash(content).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func content(of payload: Data) -> Data {
        switch kind {
        case .asIs: return payload
        case .adts:
            guard payload.count > 9, payload[0] == 0xFF, payload[1] & 0xF6 == 0xF0 else { return payload }
            return payload.dropFirst(payload[1] & 1 == 1 ? 7 : 9)
        case .units(let framing, let isHEVC): return pictures(payload, framing, isHEVC)
        case .av1: return OpenBitstreamUnits.stripped(payload) ?? payload
        case .proRes:
            return payload.count > 8 && payload[4..<8] == Data("icpf".utf8) ? payload.dropFirst(8) : payload
        }
    }

    private func pictures(_ payload: Data, _ framing: NALUnits.Framing, _ isHEVC: Bool) -> Data {
        NALUnits(payload, framing).reduce(into: Data()) { content, unit in
            guard let head = unit.first else { return }
            let isPicture = isHEVC ? head >> 1 & 0x3F < 32 : (1...5).contains(head & 0x1F)
            // Zero bytes may trail a unit that is found by its start code.
            if isPicture, let last = unit.lastIndex(where: { $0 != 0 }) { content.append(contentsOf: unit[...last]) }
        }
    }

    private static func framing(_ extradata: UnsafeBufferPointer<UInt8>, at place: Int, least: Int) -> NALUnits.Framing
    {
        extradata.first == 1 && extradata.count >= least ? .length(Int(extradata[place] & 3) + 1) : .startCode
    }
}
