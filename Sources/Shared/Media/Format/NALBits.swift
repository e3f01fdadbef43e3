/// The bits of a NAL unit's payload, without the emulation prevention bytes.
struct NALBits {
    private let bytes: ArraySlice<UInt8>
    private var at: Int
    private var bit = 0

    /// - Parameter payload: of a unit, without its header. Only its beginning is looked at.
    init(_ payload: ArraySlice<UInt8>) {
        self.init(unescaped: ArraySlice(Self.unescaped(payload.prefix(Self.reach))))
    }

    init(unescaped bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    /// Bytes: more than any header takes that comes before what is looked for.
    private static let reach = 4096

    mutating func read(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard at < bytes.endIndex else { return nil }
            value = value << 1 | Int(bytes[at] >> (7 - bit) & 1)
            bit += 1
            if bit == 8 { (at, bit) = (at + 1, 0) }
        }
        return value
    }

    mutating func skip(_ count: Int) -> Bool {
        let place = bit + count
        (at, bit) = (at + place / 8, place % 8)
        return at < bytes.endIndex || (at == bytes.endIndex && bit == 0)
    }

    /// ue(v): n zero bits, a one, n bits.
    mutating func exponentialGolomb() -> Int? {
        var zeros = 0
        while let bit = read(1) {
            if bit == 1 { return read(zeros).map { (1 << zeros) - 1 + $0 } }
            zeros += 1
            if zeros > 31 { return nil }
        }
        return nil
    }

    /// 00 00 03 stands for 00 00.
    static func unescaped(_ unit: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var zeros = 0
        for byte in unit {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            bytes.append(byte)
        }
        return bytes
    }
}
