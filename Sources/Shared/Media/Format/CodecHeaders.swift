internal import FarmModel
internal import Foundation

/// The headers in a packet from which a decoder learns what pictures follow: parameter sets, sequence headers.
struct CodecHeaders: Hashable {
    /// As they stand in the packet: what a decoder that starts later must have seen. Empty where every packet that decoding
    /// may start at has its own.
    var bytes = Data()
    /// What of them says how large pictures are, of what planes, and what their samples mean.
    var sequence = Data()
}

/// Finds the headers in one stream's packets. Those of H.264 and HEVC lie in any of them: `ParameterSets`.
struct CodecHeaderReader: Sendable {
    private let codec: String

    init(_ parameters: CodecParameters) { codec = parameters.codec }

    /// nil where there are none, or where nobody looks for them: then only decoding tells.
    func headers(of packet: VideoPacket) -> CodecHeaders? {
        let payload = packet.payload
        let found: CodecHeaders? =
            switch codec {
            case "mpeg1video", "mpeg2video": StartCodes.mpeg2(payload)
            case "mpeg4": StartCodes.mpeg4(payload)
            case "av1": OpenBitstreamUnits.sequenceHeader(of: payload).map { CodecHeaders(bytes: $0, sequence: $0) }
            case "vp8": PictureHeaders.vp8(payload)
            case "vp9": PictureHeaders.vp9(payload)
            case "mjpeg": PictureHeaders.jpeg(payload)
            case "prores": PictureHeaders.proRes(payload)
            default: nil
            }
        return found.flatMap { $0.sequence.isEmpty ? nil : $0 }
    }
}

/// Headers behind start codes, 00 00 01 and a value.
private enum StartCodes {
    /// The sequence header (B3) with its extensions (B5), ISO/IEC 13818-2 6.2.2: all before the first group or picture. Bit rates
    /// and buffer sizes are left out of `sequence`: they say nothing of pictures.
    static func mpeg2(_ payload: Data) -> CodecHeaders? {
        var headers = CodecHeaders()
        for unit in units(payload) {
            if unit.value == 0 || unit.value == 0xB8 { break }
            guard unit.value == 0xB3 || !headers.bytes.isEmpty else { continue }
            headers.bytes += payload[unit.start..<unit.end]
            let body = payload[unit.start + 4..<unit.end]
            switch (unit.value, (body.first ?? 0) >> 4) {
            case (0xB3, _): headers.sequence += body.prefix(4)
            case (0xB5, 1): headers.sequence += body.prefix(2) + [(body.dropFirst(2).first ?? 0) & 0xE0]
            case (0xB5, 2): headers.sequence += body
            default: break
            }
        }
        return headers
    }

    /// The video object layer (20 to 2F) and what stands around it, ISO/IEC 14496-2 6.2.2: all before the first picture.
    static func mpeg4(_ payload: Data) -> CodecHeaders? {
        var headers = CodecHeaders()
        for unit in units(payload) {
            if unit.value == 0xB3 || unit.value == 0xB6 { break }
            headers.bytes += payload[unit.start..<unit.end]
            if 0x20...0x2F ~= unit.value { headers.sequence += payload[unit.start..<unit.end] }
        }
        return headers
    }

    /// At most so many bytes are looked through: headers stand before the picture.
    private static let reach = 4096

    private static func units(_ payload: Data) -> [(value: UInt8, start: Data.Index, end: Data.Index)] {
        let head = payload.prefix(reach)
        var starts: [Data.Index] = []
        var at = head.startIndex
        while at + 3 < head.endIndex {
            if head[at] == 0, head[at + 1] == 0, head[at + 2] == 1 { starts.append(at) }
            at += 1
        }
        return zip(starts, starts.dropFirst() + [head.endIndex]).map { (head[$0 + 3], $0, $1) }
    }
}

/// Headers that are part of each picture that decoding may start at.
private enum PictureHeaders {
    /// Width and height of a key frame, RFC 6386 9.1.
    static func vp8(_ payload: Data) -> CodecHeaders? {
        guard payload.count >= 10, payload.first.map({ $0 & 1 }) == 0 else { return nil }
        return CodecHeaders(sequence: Data(payload.dropFirst(6).prefix(4)))
    }

    /// The uncompressed header of a key frame up to the picture's size and a few bits more, VP9 bitstream 6.2.
    static func vp9(_ payload: Data) -> CodecHeaders? {
        guard payload.count >= 10 else { return nil }
        return CodecHeaders(sequence: Data(payload.prefix(10)))
    }

    /// The frame header (SOF) of a JPEG, ITU-T T.81 B.2.2.
    static func jpeg(_ payload: Data) -> CodecHeaders? {
        let bytes = [UInt8](payload.prefix(65_536))
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF {
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            let end = min(bytes.count, at + 2 + length)
            if 0xC0...0xCF ~= bytes[at + 1], ![0xC4, 0xC8, 0xCC].contains(bytes[at + 1]) {
                return CodecHeaders(sequence: Data(bytes[at..<end]))
            }
            at = end
        }
        return nil
    }

    /// Size, chroma and colour of a ProRes frame header, SMPTE RDD 36 5.1.
    static func proRes(_ payload: Data) -> CodecHeaders? {
        let bytes = [UInt8](payload.prefix(26))
        guard bytes.count == 26, Array(bytes[4..<8]) == Array("icpf".utf8) else { return nil }
        return CodecHeaders(sequence: Data(bytes[16..<20] + [bytes[20] & 0xC0, bytes[21] >> 4] + bytes[22..<25]))
    }
}
