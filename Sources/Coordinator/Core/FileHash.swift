internal import FarmModel
internal import Foundation
internal import Hashing

/// What a whole file's bytes are, without their passing through memory at once.
enum FileHash {
    /// The SHA-256 in hexadecimal; nil for a file that is not there. Blocks while it reads.
    /// - Throws: `CoordinatorError` where it cannot be read, which says nothing about what is in it
    static func sha256(_ path: String) throws -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw CoordinatorError(.file, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        do {
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            defer { try? file.close() }
            var hash = SHA256()
            while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { hash.update(part) }
            return hash.finalize().hexadecimal
        } catch { throw CoordinatorError(.file, "cannot read \(path): \(error.reason)") }
    }
}
