internal import Crypto
internal import FarmModel
internal import Foundation

/// What a whole file's bytes are, without their passing through memory at once.
enum FileHash {
    /// The SHA-256 in hexadecimal. Blocks while it reads.
    static func sha256(_ path: String) throws -> String {
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            var hash = SHA256()
            while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { hash.update(data: part) }
            return hash.finalize().hexadecimal
        } catch { throw CoordinatorError(.file, "cannot read \(path): \(error.reason)") }
    }
}
