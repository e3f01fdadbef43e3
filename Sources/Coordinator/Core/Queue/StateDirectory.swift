public import Foundation

/// The coordinator's directory, locked for one process: the queue, and the spool beside it. Readable by its owner only.
/// The lock lasts as long as this object, and never outlives the process.
public final class StateDirectory: Sendable {
    public let url: URL
    private let lock: FileLock

    public var queuePath: String { url.appendingPathComponent("queue.sqlite").path }
    public var spool: URL { url.appendingPathComponent("spool", isDirectory: true) }

    /// Makes the directory where there is none, and locks it.
    /// - Throws: `StateDirectoryError`
    public convenience init(at url: URL) throws {
        try self.init(at: url, fileSystem: MountedFileSystem.init(holding:))
    }

    init(at url: URL, fileSystem: (URL) -> MountedFileSystem) throws {
        self.url = url.standardizedFileURL
        try Self.make(self.url)
        if let name = fileSystem(self.url).network {
            throw StateDirectoryError.network(path: self.url.path, fileSystem: name)
        }
        lock = try FileLock(at: self.url.appendingPathComponent("lock"))
        try Self.make(spool)
    }

    /// `$XDG_STATE_HOME/upscale-farm`, or below the home directory where that is not set.
    public static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> URL {
        let home = FileManager.default.homeDirectoryForCurrentUser
        // The XDG specification has relative paths ignored.
        let base = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : nil }
        return (base ?? home.appendingPathComponent(".local/state")).appendingPathComponent("upscale-farm")
    }

    private static func make(_ directory: URL) throws {
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try sync(directory.deletingLastPathComponent())
        } catch let error as StateDirectoryError {
            throw error
        } catch {
            throw StateDirectoryError.cannotMake(path: directory.path, reason: error.localizedDescription)
        }
    }

    /// Makes the entries of a directory durable: a file that was made or renamed in it is there after a power cut.
    /// Blocks; brief on a local disk.
    /// - Throws: `StateDirectoryError`
    public static func sync(_ directory: URL) throws {
        let descriptor = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        // EINVAL: the file system has no notion of it.
        guard descriptor >= 0, fsync(descriptor) == 0 || errno == EINVAL else {
            throw StateDirectoryError.cannotMake(path: directory.path, reason: String(cString: strerror(errno)))
        }
    }
}

/// Why a state directory cannot be used.
public enum StateDirectoryError: Error, Hashable, CustomStringConvertible {
    case cannotMake(path: String, reason: String)
    case cannotLock(path: String, reason: String)
    /// Another process has the lock; nil where it has not yet said which.
    case inUse(path: String, process: Int32?)
    case network(path: String, fileSystem: String)

    public var description: String {
        switch self {
        case .cannotMake(let path, let reason):
            "cannot make or use the state directory \(path): \(reason); name another with --state"
        case .cannotLock(let path, let reason):
            "cannot lock the state directory by \(path): \(reason); name another with --state"
        case .inUse(let path, let process):
            "the state directory \(path) is in use by \(process.map { "process \($0)" } ?? "another process"): "
                + "wait for it or stop it, or name another with --state"
        case .network(let path, let fileSystem):
            "the state directory \(path) is on a network file system (\(fileSystem)), where locks and durability "
                + "cannot be relied on: name one on a local disk with --state"
        }
    }
}
