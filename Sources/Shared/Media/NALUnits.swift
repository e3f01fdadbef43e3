internal import FarmModel
internal import Foundation

/// The NAL units of a packet of H.264 or HEVC, without start codes or lengths.
struct NALUnits: Sequence, IteratorProtocol {
    enum Framing: Sendable {
        /// Annex B: 00 00 01 before each.
        case startCode
        /// So many bytes of big-endian length before each.
        case length(Int)
    }

    private let bytes: [UInt8]
    private let framing: Framing
    private var at = 0

    init(_ payload: Data, _ framing: Framing) {
        bytes = Array(payload)
        self.framing = framing
        if case .startCode = framing { at = afterStartCode(from: 0) }
    }

    mutating func next() -> ArraySlice<UInt8>? {
        switch framing {
        case .startCode: nextByStartCode()
        case .length(let size): nextByLength(size)
        }
    }

    private mutating func nextByLength(_ size: Int) -> ArraySlice<UInt8>? {
        guard at + size < bytes.count else { return nil }
        let length = bytes[at..<at + size].reduce(0) { $0 << 8 | Int($1) }
        let start = at + size
        at = Swift.min(bytes.count, start + length)
        return bytes[start..<at]
    }

    private mutating func nextByStartCode() -> ArraySlice<UInt8>? {
        guard at < bytes.count else { return nil }
        let start = at
        at = afterStartCode(from: start)
        let found = at < bytes.count || bytes.suffix(3) == [0, 0, 1]
        return bytes[start..<(found ? Swift.max(start, at - 3) : bytes.count)]
    }

    /// Where the unit behind the next start code begins; the end where there is none.
    private func afterStartCode(from: Int) -> Int {
        var index = from + 2
        while index < bytes.count {
            if bytes[index] > 1 {
                index += 3
            } else if bytes[index] == 1, bytes[index - 1] == 0, bytes[index - 2] == 0 {
                return index + 1
            } else {
                index += 1
            }
        }
        return bytes.count
    }
}

extension NALUnits.Framing {
    /// How the packets of a stream of H.264 or HEVC are framed: avcC and hvcC start with their version, 1; Annex B with a start
    /// code.
    init(_ parameters: CodecParameters) {
        let extradata = parameters.extradata
        let place: Int? =
            switch parameters.codec {
            case "h264" where extradata.count > 6: 4
            case "hevc" where extradata.count > 22: 21
            default: nil
            }
        guard let place, extradata.first == 1 else {
            self = .startCode
            return
        }
        self = .length(Int(extradata.little(at: place, UInt8.self) & 3) + 1)
    }

    /// A unit as it stands in a packet.
    func framed(_ unit: ArraySlice<UInt8>) -> Data {
        switch self {
        case .startCode: Data([0, 0, 0, 1]) + unit
        case .length(let size):
            Data((0..<size).reversed().map { UInt8(truncatingIfNeeded: unit.count >> (8 * $0)) }) + unit
        }
    }
}

/// The recovery point SEI of H.264 (ITU-T H.264 D.1.8).
enum RecoveryPoint {
    /// recovery_frame_cnt of the first recovery point in an SEI unit (without its NAL header); nil where there is none.
    static func frameCount(sei: ArraySlice<UInt8>) -> Int? {
        let bytes = NALBits.unescaped(sei)
        var at = 0
        while at + 2 <= bytes.count {
            guard let type = varying(bytes, &at), let size = varying(bytes, &at) else { return nil }
            if type == 6 {
                var bits = NALBits(unescaped: bytes[Swift.min(at, bytes.count)...])
                return bits.exponentialGolomb()
            }
            at += size
        }
        return nil
    }

    /// A number as 255, 255, …, rest.
    private static func varying(_ bytes: [UInt8], _ at: inout Int) -> Int? {
        var value = 0
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            value += Int(byte)
            if byte != 255 { return value }
        }
        return nil
    }
}
