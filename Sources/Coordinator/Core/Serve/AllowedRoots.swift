import Foundation

/// The folders of the coordinator's machine that clients may name paths in.
struct AllowedRoots: Sendable {
    private let roots: [String]

    /// - Throws: `CoordinatorError` for a root that is no folder.
    init(_ paths: [String]) throws {
        roots = try paths.map { path in
            guard let real = Self.real(path), Self.isFolder(real) else {
                throw CoordinatorError(.usage, "--root \(path) is no folder")
            }
            return real
        }
    }

    /// The file that a client means. Links are followed before it is compared, so that none leads out.
    func film(_ path: String) throws -> String {
        guard path.hasPrefix("/") else { throw refusal(path, "it is not absolute") }
        guard let real = Self.real(path), isBelow(real) else {
            throw refusal(path, "it is not there, or not below a root")
        }
        return real
    }

    /// The name of a file that need not exist; its folder must.
    func output(_ path: String) throws -> String {
        guard path.hasPrefix("/") else { throw refusal(path, "it is not absolute") }
        let file = URL(fileURLWithPath: path)
        guard let folder = Self.real(file.deletingLastPathComponent().path), isBelow(folder), Self.isFolder(folder)
        else { throw refusal(path, "its folder is not there, or not below a root") }
        let name = file.lastPathComponent
        guard name != "..", name != ".", name != "/" else { throw refusal(path, "it names no file") }
        return folder == "/" ? "/" + name : "\(folder)/\(name)"
    }

    private func isBelow(_ path: String) -> Bool {
        roots.contains { $0 == "/" || path == $0 || path.hasPrefix($0 + "/") }
    }

    private func refusal(_ path: String, _ why: String) -> CoordinatorError {
        let allowed = roots.isEmpty ? "it was started without --root" : "its roots are \(roots.joined(separator: ", "))"
        return CoordinatorError(.file, "\(path) cannot be used at the coordinator: \(why); \(allowed)")
    }

    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}
