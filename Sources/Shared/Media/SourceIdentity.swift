internal import FarmModel
internal import Foundation
internal import Hashing

/// Tells whether a film is still the one that a job was made from, without reading all of it.
public struct SourceIdentity: Codable, Hashable, Sendable {
    public var path: String
    /// Bytes.
    public var size: Int64
    /// When the file was last changed: nanoseconds since 1970.
    public var modified: Int64
    /// SHA-256, in hexadecimal, of the first and the last MiB, one after the other.
    public var sha256: String

    /// - Throws: `MediaError` of kind `source` where the file cannot be read.
    public static func read(_ path: String) throws -> SourceIdentity {
        var status = stat()
        guard stat(path, &status) == 0, let handle = FileHandle(forReadingAtPath: path) else {
            throw MediaError(.source, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { try? handle.close() }
        let size = Int64(status.st_size)
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        do {
            return SourceIdentity(path: path, size: size, modified: modified, sha256: try digest(handle, size: size))
        } catch { throw MediaError(.source, "cannot read \(path): \(error.reason)") }
    }

    private static func digest(_ handle: FileHandle, size: Int64) throws -> String {
        let piece: Int64 = 1 << 20
        var hash = SHA256()
        hash.update(try handle.read(upToCount: Int(piece)) ?? Data())
        try handle.seek(toOffset: UInt64(max(0, size - piece)))
        hash.update(try handle.read(upToCount: Int(piece)) ?? Data())
        return hash.finalize().hexadecimal
    }

    /// What of the film is no longer as `earlier` says, in words that follow "because"; nil where all is the same.
    /// Where the film lies does not matter.
    public func difference(from earlier: SourceIdentity) -> String? {
        if size != earlier.size { return "its size was \(earlier.size) bytes and is now \(size)" }
        if sha256 != earlier.sha256 { return "its contents changed" }
        if modified != earlier.modified { return "it was written to since" }
        return nil
    }
}
