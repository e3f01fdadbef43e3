internal import Foundation

/// An exclusive lock by a file that holds the owner's process id. The kernel drops it with the process, however that ends.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `StateDirectoryError`
    init(at url: URL) throws {
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(url) }
        do {
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                guard errno == EWOULDBLOCK else { throw Self.failure(url) }
                throw StateDirectoryError.inUse(path: url.deletingLastPathComponent().path, process: Self.owner(url))
            }
            let line = "\(ProcessInfo.processInfo.processIdentifier)\n"
            guard ftruncate(descriptor, 0) == 0, write(descriptor, line, line.utf8.count) == line.utf8.count else {
                throw Self.failure(url)
            }
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func owner(_ url: URL) -> Int32? {
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private static func failure(_ url: URL) -> StateDirectoryError {
        .cannotLock(path: url.path, reason: String(cString: strerror(errno)))
    }
}
