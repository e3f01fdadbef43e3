public import Foundation

/// Files with secrets in them: their owner's alone, and on the disk before anyone relies on them.
public enum PrivateFile {
    /// No key file is nearly as long.
    private static let longest = 64 << 10

    /// - Throws: `MessagingError.key` where others can read the file, or it is too long; `.file`
    public static func read(_ path: String) throws -> Data {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw MessagingError.lastFile("read", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw MessagingError.lastFile("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw MessagingError.key(file: path, reason: "it is no file") }
        guard status.st_mode & 0o077 == 0 else {
            throw MessagingError.key(file: path, reason: "others can read or change it; run `chmod 600 \(path)`")
        }
        guard status.st_size <= longest else {
            throw MessagingError.key(file: path, reason: "it is too long for a key file")
        }
        return try readAll(descriptor, of: path)
    }

    private static func readAll(_ descriptor: Int32, of path: String) throws -> Data {
        var data = Data()
        var part = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Foundation.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw MessagingError.lastFile("read", path) }
            guard count > 0 else { return data }
            data += part.prefix(count)
        }
    }

    /// Makes the file, with mode 0600, whole or not at all.
    /// - Throws: `MessagingError.file`, with code EEXIST where there is one of that name
    public static func make(_ path: String, _ data: Data) throws {
        let folder = (path as NSString).deletingLastPathComponent
        let name = (path as NSString).lastPathComponent
        let draft = (folder as NSString).appendingPathComponent(".\(name).\(UUID().uuidString)")
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw MessagingError.lastFile("write", path) }
        defer {
            close(descriptor)
            unlink(draft)
        }
        try data.withUnsafeBytes { try descriptor.writeAll($0, to: path) }
        guard fsync(descriptor) == 0 else { throw MessagingError.lastFile("write to the disk", path) }
        // Unlike a rename, a link replaces nothing.
        guard link(draft, path) == 0 else { throw MessagingError.lastFile("make", path) }
        try IncomingFile.syncDirectory(of: path)
    }
}
