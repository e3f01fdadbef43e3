internal import FarmModel
internal import Foundation

/// The parameter sets of H.264 or HEVC that a decoder knows at some point of a film: of each kind and number the last one
/// (ITU-T H.264 7.4.1.2.1, H.265 7.4.2.4.2).
struct ParameterSets: Equatable {
    private struct Key: Hashable {
        var kind: Kind
        var number: Int
    }

    /// In the order in which they refer to each other.
    private enum Kind: Int, Hashable {
        case video, sequence, sequenceExtension, subset, picture
    }

    private let isHEVC: Bool
    private let framing: NALUnits.Framing
    private var units: [Key: Data] = [:]

    /// What a container brings before the first packet; nil for other codecs.
    init?(_ parameters: CodecParameters) {
        guard ["h264", "hevc"].contains(parameters.codec) else { return nil }
        isHEVC = parameters.codec == "hevc"
        framing = NALUnits.Framing(parameters)
        take(outside: parameters.extradata)
    }

    /// Forgets all, and takes what a container brings in its place.
    mutating func restart(outside extradata: Data) {
        units = [:]
        take(outside: extradata)
    }

    /// Takes what is in a packet: before its first slice, or behind it.
    mutating func take(_ payload: Data, beforeSlices: Bool) {
        var isBefore = true
        for unit in NALUnits(payload, framing) {
            guard let head = unit.first else { continue }
            if isSlice(head) { isBefore = false }
            if isBefore == beforeSlices { take(unit) }
        }
    }

    /// As they stand in a packet.
    var framed: Data {
        units.sorted { ($0.key.kind.rawValue, $0.key.number) < ($1.key.kind.rawValue, $1.key.number) }
            .reduce(into: Data()) { $0 += framing.framed(ArraySlice($1.value)) }
    }

    /// Whether `other` has each set that this has, if with other contents.
    func areReplaced(by other: ParameterSets) -> Bool { units.keys.allSatisfy { other.units[$0] != nil } }

    static func == (one: ParameterSets, other: ParameterSets) -> Bool { one.units == other.units }

    /// None.
    var emptied: ParameterSets {
        var sets = self
        sets.units = [:]
        return sets
    }

    private func isSlice(_ head: UInt8) -> Bool {
        isHEVC ? head >> 1 & 0x3F < 32 : (1...5).contains(head & 0x1F)
    }

    private mutating func take(_ unit: ArraySlice<UInt8>) {
        // Zeros behind a unit belong to nothing.
        guard let last = unit.lastIndex(where: { $0 != 0 }), let key = key(of: unit) else { return }
        units[key] = Data(unit[...last])
    }

    private func key(of unit: ArraySlice<UInt8>) -> Key? {
        guard let head = unit.first else { return nil }
        var bits = NALBits(unit.dropFirst(isHEVC ? 2 : 1))
        switch (isHEVC, isHEVC ? head >> 1 & 0x3F : head & 0x1F) {
        case (true, 32): return bits.read(4).map { Key(kind: .video, number: $0) }
        case (true, 33): return bits.hevcSequenceNumber().map { Key(kind: .sequence, number: $0) }
        case (false, 7), (false, 15):
            // Profile, constraints, level.
            guard bits.skip(24) else { return nil }
            return bits.exponentialGolomb().map { Key(kind: head & 0x1F == 7 ? .sequence : .subset, number: $0) }
        case (false, 13): return bits.exponentialGolomb().map { Key(kind: .sequenceExtension, number: $0) }
        case (true, 34), (false, 8): return bits.exponentialGolomb().map { Key(kind: .picture, number: $0) }
        default: return nil
        }
    }

    /// avcC (ISO/IEC 14496-15 5.3.3), hvcC (8.3.3) or Annex B.
    private mutating func take(outside extradata: Data) {
        guard case .length = framing, extradata.first == 1 else {
            for unit in NALUnits(extradata, .startCode) { take(unit) }
            return
        }
        var reader = BoxReader(Array(extradata), at: isHEVC ? 22 : 5)
        if isHEVC {
            for _ in 0..<(reader.number(1) ?? 0) {
                guard reader.number(1) != nil, let count = reader.number(2) else { return }
                for _ in 0..<count { reader.unit().map { take($0) } }
            }
        } else {
            for mask in [0x1F, 0xFF] {
                for _ in 0..<((reader.number(1) ?? 0) & mask) { reader.unit().map { take($0) } }
            }
        }
    }
}

extension NALBits {
    /// sps_seq_parameter_set_id of a sequence parameter set (ITU-T H.265 7.3.2.2): it stands behind profiles and levels.
    fileprivate mutating func hevcSequenceNumber() -> Int? {
        guard skip(4), let subLayers = read(3), skip(1 + 96) else { return nil }
        var length = 0
        for layer in 0..<(subLayers > 0 ? 8 : 0) {
            guard let flags = read(2) else { return nil }
            if layer < subLayers { length += (flags & 2 != 0 ? 88 : 0) + (flags & 1 != 0 ? 8 : 0) }
        }
        return skip(length) ? exponentialGolomb() : nil
    }
}

/// Big-endian numbers, and units behind their length.
private struct BoxReader {
    private let bytes: [UInt8]
    private var at: Int

    init(_ bytes: [UInt8], at: Int) {
        self.bytes = bytes
        self.at = at
    }

    mutating func number(_ size: Int) -> Int? {
        guard at + size <= bytes.count else { return nil }
        defer { at += size }
        return bytes[at..<at + size].reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func unit() -> ArraySlice<UInt8>? {
        guard let length = number(2), at + length <= bytes.count else { return nil }
        defer { at += length }
        return bytes[at..<at + length]
    }
}
