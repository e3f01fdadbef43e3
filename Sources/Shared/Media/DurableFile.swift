internal import FarmModel
public import Foundation

/// Writes files so that after a power loss there is the old one or the whole new one, never a part.
public enum DurableFile {
    /// Puts `data` under `path`: written beside it, synced, renamed, the folder synced.
    ///
    /// - Throws: `MediaError` of kind `output`.
    public static func write(_ data: Data, to path: String) throws {
        let partial = path + ".partial"
        do {
            guard FileManager.default.createFile(atPath: partial, contents: nil),
                let handle = FileHandle(forWritingAtPath: partial)
            else { throw MediaError(.output, String(cString: strerror(errno))) }
            try handle.write(contentsOf: data)
            try handle.synchronize()
            try handle.close()
        } catch { throw MediaError(.output, "cannot write \(partial): \(error.reason)") }
        try rename(partial, to: path)
    }

    /// Gives a synced file its final name, durably; what stood there is replaced.
    public static func rename(_ source: String, to path: String) throws {
        guard Foundation.rename(source, path) == 0 else {
            throw MediaError(.output, "cannot rename \(source) to \(path): \(String(cString: strerror(errno)))")
        }
        try syncFolder(of: path)
    }

    /// Makes a file that is there durable, and its name.
    public static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw MediaError(.output, "cannot sync \(path): \(String(cString: strerror(errno)))")
        }
        try syncFolder(of: path)
    }

    /// Makes the names in the folder of `path` durable.
    public static func syncFolder(of path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw MediaError(.output, "cannot sync the folder \(folder): \(String(cString: strerror(errno)))")
        }
    }
}
