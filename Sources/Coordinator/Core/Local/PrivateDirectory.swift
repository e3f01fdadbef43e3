import Foundation

/// A directory for sockets that only this user can enter; its path is short, as socket addresses must be.
final class PrivateDirectory: Sendable {
    let path: String
    private static let prefix = "upscale-farm-run-"

    /// - Throws: `CoordinatorError` where there is no place for it.
    init() throws {
        let named = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"]
        let base = named.flatMap { access($0, W_OK) == 0 ? $0 : nil } ?? "/tmp"
        Self.removeStale(in: base)
        var template = Array("\(base)/\(Self.prefix)\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CoordinatorError(
                .file, "cannot make a directory for sockets in \(base): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func endpoint(_ name: String) -> String { "ipc://\(path)/\(name)" }

    /// What coordinators left that were killed: their process, named in the directory, is no more.
    private static func removeStale(in base: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
        for name in names where name.hasPrefix(prefix) {
            guard let process = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ Int32($0) }),
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            try? FileManager.default.removeItem(atPath: "\(base)/\(name)")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
