internal import Foundation

/// A file open for reading at any place.
final class ReadableFile {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MessagingError.lastFile("read", path) }
    }

    deinit { close(descriptor) }

    func size() throws -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw MessagingError.lastFile("read the size of", path) }
        return Int64(status.st_size)
    }

    /// Fills `buffer` with the bytes at `offset`.
    func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw MessagingError.lastFile("read", path) }
            guard count > 0 else {
                throw MessagingError.file(
                    attempted: "read", path: path, code: 0, reason: "it has become shorter than it was")
            }
            done += count
        }
    }
}
