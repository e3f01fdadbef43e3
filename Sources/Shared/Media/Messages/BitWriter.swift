internal import Foundation

/// Bits into bytes, the first one the highest.
struct BitWriter {
    private(set) var data = Data()
    private var current: UInt8 = 0
    private var count = 0

    mutating func write(_ value: Int, bits: Int) {
        for bit in (0..<bits).reversed() {
            current = current << 1 | UInt8(value >> bit & 1)
            count += 1
            if count == 8 {
                data.append(current)
                (current, count) = (0, 0)
            }
        }
    }

    /// The bytes; the last one filled up with zeros.
    consuming func finish() -> Data {
        if count > 0 { write(0, bits: 8 - count) }
        return data
    }
}
