internal import FarmModel
internal import Foundation

/// Coded units of H.264 and HEVC, without start codes or lengths.
enum CodedUnits {
    /// The units of a buffer in which each one follows its length in four bytes, big-endian.
    static func split(lengthPrefixed data: Data) -> [Data]? {
        var units: [Data] = []
        var at = data.startIndex
        while at < data.endIndex {
            guard data.endIndex - at >= 4 else { return nil }
            let length = data[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= data.endIndex - at - 4 else { return nil }
            units.append(Data(data[at + 4..<at + 4 + length]))
            at += 4 + length
        }
        return units
    }

    /// The units of a buffer in which each one follows 00 00 01 (Annex B). Zeros before and behind units are none of theirs.
    static func split(startCoded data: Data) -> [Data] {
        var units: [Data] = []
        var begin: Data.Index?
        var at = data.startIndex
        while at + 2 < data.endIndex {
            guard data[at] == 0, data[at + 1] == 0, data[at + 2] == 1 else {
                at += data[at + 2] > 1 ? 3 : 1
                continue
            }
            if let begin { units.append(trimmed(data[begin..<at])) }
            at += 3
            begin = at
        }
        if let begin { units.append(trimmed(data[begin...])) }
        return units.filter { !$0.isEmpty }
    }

    /// A unit ends with a bit that is set.
    private static func trimmed(_ unit: Data) -> Data {
        Data(unit[..<(unit.lastIndex { $0 != 0 }.map { $0 + 1 } ?? unit.startIndex)])
    }

    /// A parameter set, or a mark of where a picture's units begin or a stream ends: what MP4 and Matroska have elsewhere, or not.
    static func isHeader(_ unit: Data, of codec: Codec) -> Bool {
        guard let first = unit.first else { return false }
        // H.264: SPS, PPS, access unit delimiter, ends, SPS extension. HEVC: VPS, SPS, PPS, access unit delimiter, ends.
        return codec == .h264 ? [7, 8, 9, 10, 11, 13].contains(first & 0x1F) : (32...37).contains(first >> 1 & 0x3F)
    }

    static func isParameterSet(_ unit: Data, of codec: Codec) -> Bool {
        guard let first = unit.first else { return false }
        return codec == .h264 ? [7, 8].contains(first & 0x1F) : (32...34).contains(first >> 1 & 0x3F)
    }

    static func join(lengthPrefixed units: [Data]) -> Data {
        units.reduce(into: Data()) { data, unit in
            data.append(big: UInt32(unit.count))
            data.append(unit)
        }
    }

    /// A unit without its emulation prevention bytes (00 00 03 → 00 00).
    static func unescaped(_ unit: Data) -> Data {
        var zeros = 0
        return unit.reduce(into: Data()) { data, byte in
            if zeros >= 2, byte == 3 {
                zeros = 0
                return
            }
            zeros = byte == 0 ? zeros + 1 : 0
            data.append(byte)
        }
    }
}

/// The out-of-band headers that MP4 and Matroska want (ISO/IEC 14496-15).
enum DecoderConfiguration {
    /// An AVCDecoderConfigurationRecord; nil where `units` lack a sequence or picture parameter set.
    static func avcC(_ units: [Data], chromaFormat: Int, bitDepth: Int) -> Data? {
        let sequence = units.filter { $0.first.map { $0 & 0x1F } == 7 }
        let picture = units.filter { $0.first.map { $0 & 0x1F } == 8 }
        guard let first = sequence.first, first.count >= 4, !picture.isEmpty else { return nil }
        let profile = first[first.startIndex + 1]
        var data = Data([1]) + first[first.startIndex + 1...first.startIndex + 3] + Data([0xFF])
        data.append(0xE0 | UInt8(sequence.count))
        for unit in sequence { data.append(lengthPrefixed: unit) }
        data.append(UInt8(picture.count))
        for unit in picture { data.append(lengthPrefixed: unit) }
        if ![66, 77, 88].contains(profile) {
            data.append(contentsOf: [
                0xFC | UInt8(chromaFormat), 0xF8 | UInt8(bitDepth - 8), 0xF8 | UInt8(bitDepth - 8), 0,
            ])
        }
        return data
    }

    /// An HEVCDecoderConfigurationRecord of video, sequence and picture parameter sets and the SEI units that go with
    /// them; nil where a set is lacking.
    static func hvcC(_ units: [Data], chromaFormat: Int, bitDepth: Int) -> Data? {
        let byType = Dictionary(grouping: units) { ($0.first ?? 0) >> 1 & 0x3F }
        guard byType[32] != nil, byType[34] != nil, let sequence = byType[33]?.first else { return nil }
        // After the two-byte unit header: vps id (4 bits), sub-layers − 1 (3), temporal nesting (1), profile, tier, level.
        let head = CodedUnits.unescaped(sequence)
        guard head.count >= 15 else { return nil }
        let layers = (head[head.startIndex + 2] >> 1 & 7) + 1
        let nested = head[head.startIndex + 2] & 1
        var data = Data([1]) + head[head.startIndex + 3..<head.startIndex + 15]
        data.append(contentsOf: [0xF0, 0, 0xFC, 0xFC | UInt8(chromaFormat)])
        data.append(contentsOf: [0xF8 | UInt8(bitDepth - 8), 0xF8 | UInt8(bitDepth - 8), 0, 0])
        data.append(layers << 3 | nested << 2 | 3)
        let types = [UInt8(32), 33, 34, 39].filter { byType[$0] != nil }
        data.append(UInt8(types.count))
        for type in types {
            let group = byType[type] ?? []
            // All parameter sets are here and none in the packets ("complete"); SEI units may be in both.
            data.append(type == 39 ? type : 0x80 | type)
            data.append(big: UInt16(group.count))
            for unit in group { data.append(lengthPrefixed: unit) }
        }
        return data
    }
}

/// Open bitstream units of AV1.
enum OpenBitstreamUnits {
    /// `data` without temporal delimiters, redundant frame headers, tile lists and padding, as MP4 and Matroska demand
    /// (AV1-ISOBMFF 2.4); nil where it does not parse.
    static func stripped(_ data: Data) -> Data? {
        var result = Data(capacity: data.count)
        var at = data.startIndex
        while at < data.endIndex {
            let start = at
            let header = data[at]
            at += header & 4 != 0 ? 2 : 1
            guard header & 2 != 0, let size = size(data, &at), size <= data.endIndex - at else { return nil }
            at += size
            if ![2, 7, 8, 15].contains(header >> 3 & 15) { result.append(data[start..<at]) }
        }
        return result
    }

    /// The first sequence header of `data`, its own header included; nil where there is none.
    static func sequenceHeader(of data: Data) -> Data? {
        var at = data.startIndex
        while at < data.endIndex {
            let start = at
            let header = data[at]
            at += header & 4 != 0 ? 2 : 1
            guard header & 2 != 0, let size = size(data, &at), size <= data.endIndex - at else { return nil }
            at += size
            if header >> 3 & 15 == 1 { return Data(data[start..<at]) }
        }
        return nil
    }

    private static func size(_ data: Data, _ at: inout Data.Index) -> Int? {
        var value = 0
        for index in 0..<8 {
            guard at < data.endIndex else { return nil }
            let byte = data[at]
            at += 1
            value |= Int(byte & 0x7F) << (7 * index)
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}

extension Data {
    mutating func append(big value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// A parameter set behind its length in two bytes.
    fileprivate mutating func append(lengthPrefixed unit: Data) {
        append(big: UInt16(truncatingIfNeeded: unit.count))
        append(unit)
    }
}
