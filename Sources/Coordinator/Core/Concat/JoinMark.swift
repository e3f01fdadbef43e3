import Foundation
import Media

/// Written to the spool when a film is joined and checked, just before it gets its name: after a power cut between that and
/// the queue's last word, the next run knows the film for its own.
struct JoinMark: Codable, Sendable {
    /// The file's identity, which it keeps under another name and over a reboot.
    var inode: UInt64
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
    var film: JoinedFilm

    init(of path: String, film: JoinedFilm) throws {
        let status = try Self.status(path)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Self.modified(status)
        self.film = film
    }

    func save(to path: String) throws {
        try DurableFile.write(try JSONEncoder().encode(self), to: path)
    }

    /// The film of the mark at `path`, if `output` is that film.
    static func published(_ path: String, output: String) -> JoinedFilm? {
        guard let data = FileManager.default.contents(atPath: path),
            let mark = try? JSONDecoder().decode(JoinMark.self, from: data), let status = try? status(output),
            mark.inode == UInt64(status.st_ino), mark.size == Int64(status.st_size), mark.modified == modified(status)
        else { return nil }
        return mark.film
    }

    private static func modified(_ status: stat) -> Int64 {
        Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    private static func status(_ path: String) throws -> stat {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CoordinatorError(.file, "cannot look at \(path): \(String(cString: strerror(errno)))")
        }
        return status
    }
}
