import FarmModel
import FarmProtocol
import Foundation
import Media

/// Films and models that clients uploaded, by their hash: the same film twice is one file.
struct UploadStore: Sendable {
    private let root: String

    init(stateDirectory: String) throws {
        root = stateDirectory + "/uploads"
        do {
            try FileManager.default.createDirectory(
                atPath: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try DurableFile.syncFolder(of: root)
        } catch { throw CoordinatorError(.file, "cannot create \(root): \(error.reason)") }
    }

    /// Where the file lies, or will lie. Only hash and extension come from the client.
    /// - Throws: `CoordinatorError` for a hash or size that cannot be.
    func path(_ upload: Upload) throws -> String {
        guard upload.sha256.utf8.count == 64, upload.sha256.utf8.allSatisfy(Self.isHexadecimal), upload.size > 0 else {
            throw CoordinatorError(.usage, "\(upload.name): its size or its hash cannot be")
        }
        return "\(root)/\(upload.sha256)\(Self.fileExtension(upload.name))"
    }

    /// The name of its bytes on the way: of each file here there is one, whatever clients call theirs.
    func blob(_ upload: Upload) throws -> String {
        Wire.uploadBlob(URL(fileURLWithPath: try path(upload)).lastPathComponent)
    }

    /// Whether all of it is here: a file has its name only when it is whole and its hash is right.
    func holds(_ upload: Upload) throws -> Bool { try size(try path(upload)) == upload.size }

    /// What is there of an upload that was cut off, in bytes.
    func partSize(_ upload: Upload) throws -> Int64 { try size(try path(upload) + ".part") ?? 0 }

    /// When something of it last came.
    func lastTouched(_ upload: Upload) throws -> Date? {
        let path = try path(upload)
        return [path, path + ".part"].compactMap {
            (try? FileManager.default.attributesOfItem(atPath: $0))?[.modificationDate] as? Date
        }.max()
    }

    /// Whether the path is an upload's, and so the coordinator's own to remove.
    func owns(_ path: String) -> Bool { path.hasPrefix(root + "/") }

    /// Gives back the space of an upload that no job needs.
    func remove(_ path: String) throws {
        guard owns(path), unlink(path) != 0, errno != ENOENT else { return }
        throw CoordinatorError(.file, "cannot remove \(path): \(String(cString: strerror(errno)))")
    }

    /// Removes what lay untouched for so long and belongs to no job: uploads that were never submitted.
    func sweep(keeping wanted: Set<String>, olderThan age: TimeInterval) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: root) {
            let path = "\(root)/\(name)"
            // What says of which file a part is one is written once, and lives as long as the part.
            let whole = path.hasSuffix(".part.of") ? String(path.dropLast(3)) : path
            let attributes =
                (try? FileManager.default.attributesOfItem(atPath: whole))
                ?? (try? FileManager.default.attributesOfItem(atPath: path))
            let touched = attributes?[.modificationDate] as? Date ?? .now
            if !wanted.contains(path), touched.timeIntervalSinceNow < -age { try remove(path) }
        }
    }

    private func size(_ path: String) throws -> Int64? {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.int64Value
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// `.mkv`, or nothing where the name has none that is plain.
    private static func fileExtension(_ name: String) -> String {
        let found = name.split(separator: ".").dropFirst().last.map { $0.lowercased() } ?? ""
        let isPlain = (1...8).contains(found.count) && found.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return isPlain ? "." + found : ""
    }
}
