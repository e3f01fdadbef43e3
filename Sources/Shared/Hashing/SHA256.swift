internal import CCrypto
public import Foundation

/// SHA-256 by OpenSSL's libcrypto, which computes it with the processor's own instructions where there are some.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// What clears up at exit would do so under threads that still hash.
    private static let isReady: Void = { _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) }()

    public init() {
        Self.isReady
        guard let context = EVP_MD_CTX_new() else { Self.stop("make room for a SHA-256") }
        self.context = context
        begin()
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { Self.stop("take in bytes") }
    }

    public mutating func update(_ data: Data) { data.withUnsafeBytes { update($0) } }

    /// The digest of all bytes since the last one; what comes after it starts anew.
    public mutating func finalize() -> SHA256Digest {
        var bytes = SIMD32<UInt8>()
        let isDone = withUnsafeMutableBytes(of: &bytes) {
            EVP_DigestFinal_ex(context, $0.bindMemory(to: UInt8.self).baseAddress, nil)
        }
        guard isDone == 1 else { Self.stop("finish a SHA-256") }
        begin()
        return SHA256Digest(bytes: bytes)
    }

    private func begin() {
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { Self.stop("begin a SHA-256") }
    }

    /// It happens where memory is out, or OpenSSL is configured without SHA-256: nothing could be trusted from here on.
    private static func stop(_ attempted: String) -> Never {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_get_error(), &text, text.count)
        let reason = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        fatalError("libcrypto cannot \(attempted): \(reason)")
    }
}

extension SHA256 {
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    public static func hash(_ data: Data) -> SHA256Digest { data.withUnsafeBytes { hash($0) } }
}
