internal import CLibAV
internal import Crypto
internal import Foundation

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
        /// Text behind its length in two bytes (3GPP TS 26.245 5.17).
        case timedText
        case subRip
    }

    private let kind: Kind
    /// Text, whose form may have been converted.
    let isText: Bool

    init(_ parameters: AVCodecParameters) {
        let extradata = UnsafeBufferPointer(start: parameters.extradata, count: Int(parameters.extradata_size))
        kind =
            switch parameters.codec_id {
            case AV_CODEC_ID_AAC: .adts
            case AV_CODEC_ID_H264: .units(Self.framing(extradata, at: 4, least: 7), isHEVC: false)
            case AV_CODEC_ID_HEVC: .units(Self.framing(extradata, at: 21, least: 23), isHEVC: true)
            case AV_CODEC_ID_AV1: .av1
            case AV_CODEC_ID_PRORES: .proRes
            case AV_CODEC_ID_MOV_TEXT: .timedText
            case AV_CODEC_ID_SUBRIP, AV_CODEC_ID_TEXT: .subRip
            default: .asIs
            }
        isText = [AV_CODEC_ID_MOV_TEXT, AV_CODEC_ID_SUBRIP, AV_CODEC_ID_TEXT].contains(parameters.codec_id)
    }

    /// A number that stands for what the packet holds; nil for one that holds nothing, as fills the gaps between subtitles.
    func print(of packet: DemuxedPacket) -> UInt64? {
        let content = packet.withPayload { self.content(of: Data($0)) }
        guard !content.isEmpty else { return nil }
        return SHA256.hash(data: content).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
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
        case .timedText:
            guard payload.count >= 2 else { return Data() }
            return words(payload.dropFirst(2).prefix(Int(payload[0]) << 8 | Int(payload[1])))
        case .subRip: return words(payload)
        }
    }

    private func pictures(_ payload: Data, _ framing: NALUnits.Framing, _ isHEVC: Bool) -> Data {
        NALUnits(payload, framing).reduce(into: Data()) { content, unit in
            guard let head = unit.first else { return }
            let isPicture = isHEVC ? head >> 1 & 0x3F < 32 : (1...5).contains(head & 0x1F)
            // Zero bytes may trail a unit that is found by its start code.
            if isPicture { content.append(contentsOf: unit[..<(unit.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0)]) }
        }
    }

    /// Without markup and line ends, which are written in one way here and in another there.
    private func words(_ text: Data) -> Data {
        var depth = 0
        let plain = String(decoding: text, as: UTF8.self).unicodeScalars.filter { scalar in
            if scalar == "<" || scalar == "{" { depth += 1 }
            defer { if scalar == ">" || scalar == "}" { depth = max(0, depth - 1) } }
            return depth == 0 && !scalar.properties.isWhitespace
        }
        return Data(String(String.UnicodeScalarView(plain)).utf8)
    }

    private static func framing(_ extradata: UnsafeBufferPointer<UInt8>, at place: Int, least: Int) -> NALUnits.Framing
    {
        extradata.first == 1 && extradata.count >= least ? .length(Int(extradata[place] & 3) + 1) : .startCode
    }
}
