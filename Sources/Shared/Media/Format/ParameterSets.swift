internal import FarmModel
internal import Foundation

/// The parameter sets of H.264 or HEVC that a decoder knows at some point of a film: of each kind and number the last one
/// (ITU-T H.264 7.4.1.2.1, H.265 7.4.2.4.2).
///
/// A bit that went wrong makes a set of a slice. So what cannot be one is not taken, and no more than is ever needed.
struct ParameterSets: Equatable {
    private let kind: ParameterSetKind
    private let framing: NALUnits.Framing
    private var units: [ParameterSet.Key: ParameterSet] = [:]

    /// Bytes, of all together.
    private static let most = 1 << 16

    /// What a container brings before the first packet; nil for other codecs.
    init?(_ parameters: CodecParameters) {
        guard let kind = ParameterSetKind(codec: parameters.codec) else { return nil }
        self.kind = kind
        framing = NALUnits.Framing(parameters)
        take(outside: parameters.extradata)
    }

    static func == (one: ParameterSets, other: ParameterSets) -> Bool { one.units == other.units }

    /// Forgets all, and takes what a container brings in its place.
    mutating func restart(outside extradata: Data) {
        units = [:]
        take(outside: extradata)
    }

    /// What one packet brings and uses.
    struct Use {
        /// The sets before its first slice.
        fileprivate var own: Set<ParameterSet.Key> = []
        /// The sequence parameter set that its first slice goes by.
        var sequence: Data?
    }

    /// Takes what is in a packet.
    mutating func take(_ payload: Data) -> Use {
        var use = Use()
        var isBefore = true
        for unit in NALUnits(payload, framing) {
            if let picture = kind.pictureSet(ofSlice: unit) {
                if isBefore { use.sequence = sequence(of: picture) }
                isBefore = false
            } else if let key = take(unit), isBefore {
                use.own.insert(key)
            }
        }
        return use
    }

    /// As they stand in a packet: each before those that refer to it, and one that still goes by what is replaced since, before that.
    var framed: Data {
        let old = units.values.filter { isBoundToOld($0) }
        let bases = old.compactMap(\.basisBytes)
        let others = units.values.filter { !isBoundToOld($0) }
        let ordered =
            zip(bases, old).sorted { $0.1.key < $1.1.key }.flatMap { [$0, $1.bytes] }
            + others.sorted { $0.key < $1.key }.map(\.bytes)
        return ordered.reduce(into: Data()) { $0 += framing.framed(ArraySlice($1)) }
    }

    private func isBoundToOld(_ set: ParameterSet) -> Bool {
        set.basis.map { units[$0]?.bytes != set.basisBytes } ?? false
    }

    /// Whether a packet brings others for all of them.
    func areReplaced(by use: Use) -> Bool { use.own.isSuperset(of: units.keys) }

    private func sequence(of picture: Int) -> Data? {
        units[.init(rank: .picture, number: picture)]?.basisBytes.map { Data($0) }
    }

    @discardableResult
    private mutating func take(_ unit: ArraySlice<UInt8>) -> ParameterSet.Key? {
        guard var set = kind.set(in: unit) else { return nil }
        if let basis = set.basis {
            // One that refers to nothing that is known is damage, or of no use.
            guard let bytes = units[basis]?.bytes else { return nil }
            set.basisBytes = bytes
        }
        if let known = units[set.key], known == set { return set.key }
        let others = units.lazy.filter { $0.key != set.key }.reduce(0) { $0 + $1.value.size }
        guard others + set.size <= Self.most else { return nil }
        if kind == .hevc, units[set.key]?.bytes != set.bytes { forget(basedOn: set.key) }
        units[set.key] = set
        return set.key
    }

    /// HEVC's decoders forget what refers to a set that is replaced by another.
    private mutating func forget(basedOn key: ParameterSet.Key) {
        for other in units.values where other.basis == key {
            units[other.key] = nil
            forget(basedOn: other.key)
        }
    }

    /// avcC (ISO/IEC 14496-15 5.3.3), hvcC (8.3.3) or Annex B.
    private mutating func take(outside extradata: Data) {
        guard case .length = framing, extradata.first == 1 else {
            for unit in NALUnits(extradata, .startCode) { take(unit) }
            return
        }
        var reader = BoxReader(Array(extradata), at: kind == .hevc ? 22 : 5)
        if kind == .hevc {
            for _ in 0..<(reader.number(1) ?? 0) {
                guard reader.number(1) != nil, let count = reader.number(2) else { return }
                for _ in 0..<count { reader.unit().map { _ = take($0) } }
            }
        } else {
            for mask in [0x1F, 0xFF] {
                for _ in 0..<((reader.number(1) ?? 0) & mask) { reader.unit().map { _ = take($0) } }
            }
        }
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

extension ParameterSet {
    fileprivate var size: Int { bytes.count + (basisBytes?.count ?? 0) }
}
