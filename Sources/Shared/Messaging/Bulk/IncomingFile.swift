internal import Crypto
import FarmModel
internal import Foundation

/// A blob on its way into a file: written in order to `<destination>.part`, and moved to its name when it is whole.
final class IncomingFile {
    private let destination: String
    private let temporary: String
    private let descriptor: Int32
    private let isDurable: Bool
    private var hash = SHA256()
    private var isOpen = true

    /// - Parameter isDurable: whether `publish` waits for the disk
    init(destination: String, isDurable: Bool) throws {
        self.destination = destination
        self.isDurable = isDurable
        temporary = destination + ".part"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw MessagingError.lastFile("write", temporary) }
    }

    deinit { discard() }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw MessagingError.lastFile("write", temporary) }
            done += count
        }
        hash.update(bufferPointer: bytes)
    }

    /// SHA-256 in hexadecimal of all that was appended.
    func digest() -> String { hash.finalize().hexadecimal }

    /// Gives the file its name: on the disk first, the directory's entry too, where it is to be durable.
    func publish() throws {
        if isDurable, fsync(descriptor) != 0 { throw MessagingError.lastFile("write to the disk", temporary) }
        guard rename(temporary, destination) == 0 else { throw MessagingError.lastFile("make", destination) }
        isOpen = false
        close(descriptor)
        if isDurable { try Self.syncDirectory(of: destination) }
    }

    /// Removes what was written; nothing after `publish`.
    func discard() {
        guard isOpen else { return }
        isOpen = false
        unlink(temporary)
        close(descriptor)
    }

    static func syncDirectory(of path: String) throws {
        let name = (path as NSString).deletingLastPathComponent
        let directory = open(name.isEmpty ? "." : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw MessagingError.lastFile("open", name) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw MessagingError.lastFile("write to the disk", name) }
    }
}
