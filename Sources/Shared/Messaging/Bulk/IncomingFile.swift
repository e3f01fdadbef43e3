import FarmModel
internal import FarmProtocol
internal import Foundation
internal import Hashing

/// A blob on its way into a file: written in order to `<destination>.part`, and moved to its name when it is whole. It may
/// wait for the disk. One thread at a time uses it, but another may `hash` while one `append`s.
///
/// A resumable one leaves its part where it fails, and beside it `<destination>.part.of`, which says what it is a part of.
final class IncomingFile {
    /// How far a file is when it has been opened.
    enum Start: Hashable {
        /// So many bytes are there: whole chunks, or all of them.
        case from(Int64)
        /// The destination is the blob already.
        case whole
    }

    private let blob: BlobReference
    private let destination: String
    private let isDurable: Bool
    private let isResumable: Bool
    private var descriptor: Int32 = -1
    private var hash = SHA256()
    /// Bytes were there before, which nobody has checked since.
    private var isResumed = false
    private var isPublished = false

    /// Touches nothing yet.
    /// - Parameter isDurable: whether `publish` waits for the disk
    init(_ blob: BlobReference, destination: String, isDurable: Bool, isResumable: Bool) {
        self.blob = blob
        self.destination = destination
        self.isDurable = isDurable
        self.isResumable = isResumable
    }

    deinit { close(keepingPart: isResumable) }

    private var part: String { Self.part(of: destination) }
    private var mark: String { part + ".of" }
    private static func part(of destination: String) -> String { destination + ".part" }

    /// Opens the part; hashes what is in it already. Asks `isAbandoned` now and then, and gives up where it is.
    func open(isAbandoned: () -> Bool) throws -> Start {
        guard isResumable, isOurs else { return try openAnew(isAbandoned) }
        try openPart(O_RDWR)
        let length = try seekToEnd()
        let kept = length == blob.size ? length : length < blob.size ? length / Self.chunk * Self.chunk : 0
        guard kept > 0 else {
            try truncate()
            return .from(0)
        }
        try ReadableFile(part).hash(kept, into: &hash, isAbandoned)
        guard ftruncate(descriptor, off_t(kept)) == 0, lseek(descriptor, off_t(kept), SEEK_SET) == off_t(kept) else {
            throw MessagingError.lastFile("shorten", part)
        }
        isResumed = true
        return .from(kept)
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws { try descriptor.writeAll(bytes, to: part) }

    /// To be called with all that is appended, in the same order.
    func hash(_ bytes: UnsafeRawBufferPointer) { hash.update(bytes) }

    /// Whether the bytes are the ones promised. False where they are not, and some of them were there before: the part is
    /// empty then, and all is to be asked for anew.
    /// - Throws: `MessagingError.damaged` where all of them came just now
    func verify() throws -> Bool {
        let found = hash.finalize().hexadecimal
        if found == blob.sha256 { return true }
        guard isResumed else {
            close(keepingPart: false)
            throw MessagingError.damaged(id: blob.id, expected: blob.sha256, found: found)
        }
        try truncate()
        return false
    }

    /// Gives the file its name: on the disk first, the directory's entry too, where it is to be durable.
    func publish() throws {
        if isDurable, fsync(descriptor) != 0 { throw MessagingError.lastFile("write to the disk", part) }
        guard rename(part, destination) == 0 else { throw MessagingError.lastFile("make", destination) }
        isPublished = true
        close(keepingPart: true)
        if isResumable { unlink(mark) }
        if isDurable { try Self.syncDirectory(of: destination) }
    }

    /// Closes the file, and removes what was written, unless that is to be kept. Nothing after `publish`.
    func close(keepingPart: Bool) {
        guard descriptor >= 0 else { return }
        Foundation.close(descriptor)
        descriptor = -1
        if !keepingPart { Self.removePart(of: destination) }
    }

    /// Takes back a file that was published, and nobody wants any more. One that was there before is not ours to take.
    func withdraw() {
        if isPublished { unlink(destination) }
        close(keepingPart: false)
    }

    static func removePart(of destination: String) {
        unlink(part(of: destination))
        unlink(part(of: destination) + ".of")
    }

    /// A file that was found under its name may be in the system's memory alone.
    private static func sync(_ path: String) throws {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MessagingError.lastFile("read", path) }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw MessagingError.lastFile("write to the disk", path) }
        try syncDirectory(of: path)
    }

    static func syncDirectory(of path: String) throws {
        let name = (path as NSString).deletingLastPathComponent
        let directory = Foundation.open(name.isEmpty ? "." : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw MessagingError.lastFile("open", name) }
        defer { Foundation.close(directory) }
        guard fsync(directory) == 0 else { throw MessagingError.lastFile("write to the disk", name) }
    }

    private static let chunk = Int64(Wire.chunkSize)
}

extension IncomingFile {
    /// What the mark says: of which blob there is a part.
    private var claim: String { "\(blob.sha256) \(blob.size)\n" }

    private var isOurs: Bool { (try? Data(contentsOf: URL(fileURLWithPath: mark))) == Data(claim.utf8) }

    private func openAnew(_ isAbandoned: () -> Bool) throws -> Start {
        if try isWhole(isAbandoned) {
            if isDurable { try Self.sync(destination) }
            return .whole
        }
        // The part of another blob goes before the mark says that it is one of this.
        unlink(part)
        try openPart(O_RDWR | O_TRUNC)
        if isResumable { try writeMark() }
        return .from(0)
    }

    private func writeMark() throws {
        let descriptor = Foundation.open(mark, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw MessagingError.lastFile("write", mark) }
        defer { Foundation.close(descriptor) }
        try Data(claim.utf8).withUnsafeBytes { try descriptor.writeAll($0, to: mark) }
    }

    /// Its process may have ended just after it was published, or its sender may not have heard that it came.
    private func isWhole(_ isAbandoned: () -> Bool) throws -> Bool {
        guard let file = try? ReadableFile(destination), try file.size() == blob.size else { return false }
        var hash = SHA256()
        try file.hash(blob.size, into: &hash, isAbandoned)
        return hash.finalize().hexadecimal == blob.sha256
    }

    private func openPart(_ flags: Int32) throws {
        descriptor = Foundation.open(part, flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw MessagingError.lastFile("write", part) }
        guard !isResumable || flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(keepingPart: true)
            throw MessagingError.file(
                attempted: "write", path: part, code: EWOULDBLOCK, reason: "another process is writing it")
        }
    }

    private func seekToEnd() throws -> Int64 {
        let length = lseek(descriptor, 0, SEEK_END)
        guard length >= 0 else { throw MessagingError.lastFile("read the size of", part) }
        return Int64(length)
    }

    private func truncate() throws {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw MessagingError.lastFile("shorten", part)
        }
        hash = SHA256()
        isResumed = false
    }
}

extension ReadableFile {
    /// Hashes the first `count` bytes. Gives up where `isAbandoned` says so.
    fileprivate func hash(_ count: Int64, into hash: inout SHA256, _ isAbandoned: () -> Bool) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < count, !isAbandoned() {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(Int(min(Int64(buffer.count), count - offset))))
            try read(at: offset, into: part)
            hash.update(UnsafeRawBufferPointer(part))
            offset += Int64(part.count)
        }
    }
}

extension Int32 {
    /// Writes all the bytes to this file descriptor, or throws; `path` is for the error.
    func writeAll(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = write(self, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw MessagingError.lastFile("write", path) }
            done += count
        }
    }
}
