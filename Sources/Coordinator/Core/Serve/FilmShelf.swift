import FarmModel
import FarmProtocol
import Foundation
import Media
import Messaging

/// Finished films that wait to be fetched, a folder a job.
struct FilmShelf: Sendable {
    private let root: String

    init(stateDirectory: String) { root = stateDirectory + "/films" }

    /// Where a job's film is to be published: made for it, and kept until the job is removed.
    func place(_ job: JobID, film: String, container: String) throws -> String {
        let folder = "\(root)/\(job)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for made in [folder, root] { try DurableFile.syncFolder(of: made) }
        } catch { throw CoordinatorError(.file, "cannot create \(folder): \(error.reason)") }
        // The name comes from a client: it must not lead into another folder, or be a hidden one.
        let stem = URL(fileURLWithPath: "/" + film).deletingPathExtension().lastPathComponent
        let name = stem.hasPrefix(".") || stem == "/" ? "film" : stem.prefix(utf8: 180).harmless
        return "\(folder)/\(name).upscaled.\(container)"
    }

    func owns(_ path: String) -> Bool { path.hasPrefix(root + "/") }

    /// Gives a job's film back.
    func remove(_ job: JobID) throws {
        let folder = "\(root)/\(job)"
        guard FileManager.default.fileExists(atPath: folder) else { return }
        do { try FileManager.default.removeItem(atPath: folder) } catch {
            throw CoordinatorError(.file, "cannot remove \(folder): \(error.reason)")
        }
    }
}
