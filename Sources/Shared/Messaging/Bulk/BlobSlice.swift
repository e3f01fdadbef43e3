public import FarmModel
public import Foundation

/// A part of a blob that is to be served: bytes of a file, or bytes in memory for a short header.
public enum BlobSlice: Hashable, Sendable {
    /// `offset` and `length` in bytes.
    case file(path: String, offset: Int64, length: Int64)
    case bytes(Data)

    /// A whole file, as long as it is now.
    /// - Throws: `MessagingError.file`
    public static func file(_ path: String) throws -> BlobSlice {
        let file = try ReadableFile(path)
        return .file(path: path, offset: 0, length: try file.size())
    }

    var length: Int64 {
        switch self {
        case .file(_, _, let length): length
        case .bytes(let data): Int64(data.count)
        }
    }
}

extension BlobReference {
    /// Reads the slices once, on a thread of its own, and tells what they are together.
    /// - Parameter progress: told bytes read and in all, on that thread
    /// - Throws: `MessagingError.file`, `.blob`; `CancellationError`
    public static func describing(
        id: String, slices: [BlobSlice], progress: (@Sendable (Int64, Int64) -> Void)? = nil
    ) async throws -> BlobReference {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await onOwnThread { () -> Result<BlobReference, any Error> in
                Result {
                    let blob = try SlicedBlob(id: id, slices: slices)
                    let hash = try blob.hash {
                        if cancellation.hasHappened { throw CancellationError() }
                        progress?($0, blob.size)
                    }
                    return BlobReference(id: id, size: blob.size, sha256: hash)
                }
            }.get()
        } onCancel: {
            cancellation.happen()
        }
    }
}
