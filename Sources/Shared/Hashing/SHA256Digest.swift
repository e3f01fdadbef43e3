/// The 32 bytes of a SHA-256, in order.
public struct SHA256Digest: Hashable, Sendable, RandomAccessCollection {
    let bytes: SIMD32<UInt8>

    public var startIndex: Int { 0 }
    public var endIndex: Int { 32 }
    public subscript(index: Int) -> UInt8 { bytes[index] }
}
