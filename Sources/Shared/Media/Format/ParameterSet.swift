/// One parameter set, without start code or length.
struct ParameterSet: Equatable {
    struct Key: Hashable, Comparable {
        /// In the order in which they refer to each other.
        enum Rank: Int { case video, sequence, picture }

        var rank: Rank
        var number: Int

        static func < (one: Key, other: Key) -> Bool {
            (one.rank.rawValue, one.number) < (other.rank.rawValue, other.number)
        }
    }

    var key: Key
    var bytes: [UInt8]
    /// The one that it refers to.
    var basis: Key?
    /// What that was when a decoder saw this one. H.264's go by it until they come again.
    var basisBytes: [UInt8]?
}

/// How the codecs write them.
enum ParameterSetKind {
    case h264, hevc

    init?(codec: String) {
        switch codec {
        case "h264": self = .h264
        case "hevc": self = .hevc
        default: return nil
        }
    }

    /// Bytes; none in use comes near.
    private static let most = 4096

    /// nil where the unit is none, cannot be one, or is of a layer that is not decoded.
    func set(in unit: ArraySlice<UInt8>) -> ParameterSet? {
        // Zeros behind a unit belong to nothing.
        guard let head = unit.first, let last = unit.lastIndex(where: { $0 != 0 }), unit.count <= Self.most else {
            return nil
        }
        let bytes = Array(unit[...last])
        guard let (key, basis) = self == .hevc ? hevc(head, bytes) : h264(head, bytes) else { return nil }
        return ParameterSet(key: key, bytes: bytes, basis: basis)
    }

    private typealias Found = (key: ParameterSet.Key, basis: ParameterSet.Key?)

    /// ITU-T H.264 7.3.2.1, 7.3.2.2. Extensions and subsets are nothing to a decoder of the base.
    private func h264(_ head: UInt8, _ bytes: [UInt8]) -> Found? {
        var bits = NALBits(bytes.dropFirst())
        switch head & 0x1F {
        case 7:
            guard let profile = bits.read(8), Self.profiles.contains(profile), bits.skip(6), bits.read(2) == 0,
                bits.skip(8), let number = bits.exponentialGolomb(), number < 32
            else { return nil }
            return (.init(rank: .sequence, number: number), nil)
        case 8:
            guard let found = picture(&bits, most: 256, sequences: 32), bits.skip(2),
                // Slice groups; no decoder here knows more than one.
                bits.exponentialGolomb() == 0, bits.hasReferenceCounts(most: 32), bits.skip(3),
                bits.exponentialGolomb() != nil
            else { return nil }
            return found
        default: return nil
        }
    }

    private static let profiles: Set = [44, 66, 77, 83, 86, 88, 100, 110, 118, 122, 128, 134, 135, 138, 139, 144, 244]

    /// ITU-T H.265 7.3.2.1 to 7.3.2.3.
    private func hevc(_ head: UInt8, _ bytes: [UInt8]) -> Found? {
        guard isBaseLayer(bytes[...]) else { return nil }
        var bits = NALBits(bytes.dropFirst(2))
        switch head >> 1 & 0x3F {
        case 32:
            guard let number = bits.read(4), bits.read(2) == 3, bits.skip(10), bits.read(16) == 0xFFFF else {
                return nil
            }
            return (.init(rank: .video, number: number), nil)
        case 33:
            guard let (video, number) = bits.hevcSequenceNumbers(), number < 16 else { return nil }
            return (.init(rank: .sequence, number: number), .init(rank: .video, number: video))
        case 34:
            guard let found = picture(&bits, most: 64, sequences: 16), bits.skip(7), bits.hasReferenceCounts(most: 15),
                bits.exponentialGolomb() != nil, bits.skip(2)
            else { return nil }
            return found
        default: return nil
        }
    }

    private func picture(_ bits: inout NALBits, most: Int, sequences: Int) -> Found? {
        guard let number = bits.exponentialGolomb(), number < most, let sequence = bits.exponentialGolomb(),
            sequence < sequences
        else { return nil }
        return (.init(rank: .picture, number: number), .init(rank: .sequence, number: sequence))
    }

    /// The number of the picture parameter set that a slice goes by; nil where the unit is none (H.264 7.3.3, H.265 7.3.6.1).
    func pictureSet(ofSlice unit: ArraySlice<UInt8>) -> Int? {
        guard let head = unit.first else { return nil }
        switch self {
        case .h264:
            guard [1, 2, 5].contains(head & 0x1F) else { return nil }
            var bits = NALBits(unit.dropFirst().prefix(32))
            _ = (bits.exponentialGolomb(), bits.exponentialGolomb())
            return bits.exponentialGolomb() ?? -1
        case .hevc:
            let type = head >> 1 & 0x3F
            guard type < 32, isBaseLayer(unit) else { return nil }
            var bits = NALBits(unit.dropFirst(2).prefix(32))
            _ = bits.skip((16...23).contains(type) ? 2 : 1)
            return bits.exponentialGolomb() ?? -1
        }
    }

    /// nuh_layer_id is 0.
    private func isBaseLayer(_ unit: ArraySlice<UInt8>) -> Bool {
        guard let first = unit.first, let second = unit.dropFirst().first else { return false }
        return first & 1 == 0 && second >> 3 == 0
    }
}

extension NALBits {
    /// num_ref_idx_l0_default_active_minus1 and that of l1.
    fileprivate mutating func hasReferenceCounts(most: Int) -> Bool {
        guard let one = exponentialGolomb(), let other = exponentialGolomb() else { return false }
        return one < most && other < most
    }

    /// sps_video_parameter_set_id, and sps_seq_parameter_set_id: it stands behind profiles and levels.
    fileprivate mutating func hevcSequenceNumbers() -> (video: Int, sequence: Int)? {
        guard let video = read(4), let subLayers = read(3), subLayers < 7, skip(1), read(2) == 0, skip(1),
            let profile = read(5),
            (1...11).contains(profile), skip(88)
        else { return nil }
        var length = 0
        for layer in 0..<(subLayers > 0 ? 8 : 0) {
            guard let flags = read(2) else { return nil }
            if layer < subLayers { length += (flags & 2 != 0 ? 88 : 0) + (flags & 1 != 0 ? 8 : 0) }
        }
        return skip(length) ? exponentialGolomb().map { (video, $0) } : nil
    }
}
