import Foundation
import Hashing
import Testing

/// The examples of FIPS 180-2, appendix B, and a hash's life.
@Suite struct SHA256Tests {
    private static let ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    private static let ofABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test func itIsTheStandards() {
        #expect(text(SHA256.hash(Data())) == Self.ofNothing)
        #expect(text(SHA256.hash(UnsafeRawBufferPointer(start: nil, count: 0))) == Self.ofNothing)
        #expect(text(SHA256.hash(Data("abc".utf8))) == Self.ofABC)
        let long = Data("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
        #expect(text(SHA256.hash(long)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        let million = Data(repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(text(SHA256.hash(million)) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test(arguments: [1, 63, 64, 65, 4096]) func partsMakeTheWhole(size: Int) {
        let bytes = Data((0..<10_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) })
        var hash = SHA256()
        for start in stride(from: 0, to: bytes.count, by: size) {
            hash.update(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(hash.finalize() == SHA256.hash(bytes))
    }

    @Test func afterADigestItStartsAnew() {
        var hash = SHA256()
        hash.update(Data("anything".utf8))
        #expect(hash.finalize() != hash.finalize())
        #expect(text(hash.finalize()) == Self.ofNothing)
        hash.update(Data("abc".utf8))
        #expect(text(hash.finalize()) == Self.ofABC)
    }

    private func text(_ digest: SHA256Digest) -> String { digest.map { String(format: "%02x", $0) }.joined() }
}
