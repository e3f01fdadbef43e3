import EngineProtocol
import FarmModel
import FarmProtocol
import Foundation
import Hashing
import Media

/// An encoded segment's file: proof that it holds what was promised, and its name on the bulk channel.
enum EncodedSegment {
    /// Decodes the file and compares count and timestamps with the promise.
    /// - Parameter missing: frames of the segment's range that the source did not give.
    static func verify(_ order: SegmentOrder, missing: [Int]) throws -> BlobReference {
        let task = order.task
        let absent = Set(missing)
        let promised = task.range.first..<task.range.end
        let timestamps = promised.filter { !absent.contains($0) }.map { task.timestamps[$0 - task.context.first] }
        // Beside an encoder on the CPU one thread keeps up; beside one in hardware all cores are free for it.
        let threads = task.recipe.encoding.isByNVENC ? 0 : 1
        try EncodedSegmentVerifier.verify(path: order.outputPath, timestamps: timestamps, threads: threads)
        return try blob(Wire.encodedBlob(task.attempt), path: order.outputPath)
    }

    private static func blob(_ id: String, path: String) throws -> BlobReference {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw MediaError(.output, "cannot read back \(path): \(String(cString: strerror(errno)))")
        }
        defer { try? handle.close() }
        var hash = SHA256()
        var size: Int64 = 0
        while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty {
            hash.update(part)
            size += Int64(part.count)
        }
        return BlobReference(id: id, size: size, sha256: hash.finalize().hexadecimal)
    }
}
