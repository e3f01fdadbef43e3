import FarmModel
import FarmProtocol
import Foundation
import Messaging

/// Model files that workers may fetch: those of the jobs at hand.
struct ServedModels: Sendable {
    /// A blob and the file whose bytes it is.
    struct Served: Hashable, Sendable {
        var blob: BlobReference
        var path: String
    }

    private var served: [String: Served] = [:]
    /// Where each job has it: the same model may lie in several places, some of which go with their jobs.
    private var users: [String: [JobID: String]] = [:]

    /// Where a worker fetches the model; nil for one without a file.
    func blob(of model: ModelReference) -> BlobReference? { model.sha256.flatMap { served[$0]?.blob } }

    /// - Returns: what is to be served from now on, if that changes.
    /// - Throws: where the file is gone.
    mutating func add(_ model: ModelReference, for job: JobID) throws -> Served? {
        guard let hash = model.sha256, let path = model.path else { return nil }
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber else {
            throw CoordinatorError(.file, "the model's file \(path) is gone: put it back")
        }
        users[hash, default: [:]][job] = path
        guard served[hash] == nil else { return nil }
        let new = Served(
            blob: BlobReference(id: Wire.modelBlob(hash), size: size.int64Value, sha256: hash), path: path)
        served[hash] = new
        return new
    }

    /// - Returns: ids of blobs that nobody needs any more, and what is to be served from another place from now on.
    mutating func remove(_ job: JobID) -> (unneeded: [String], moved: [Served]) {
        var result: (unneeded: [String], moved: [Served]) = ([], [])
        for (hash, jobs) in users where jobs[job] != nil {
            users[hash]?[job] = nil
            guard let path = users[hash]?.values.min() else {
                users[hash] = nil
                if let old = served.removeValue(forKey: hash) { result.unneeded.append(old.blob.id) }
                continue
            }
            guard let old = served[hash], users[hash]?.values.contains(old.path) == false else { continue }
            served[hash] = Served(blob: old.blob, path: path)
            result.moved.append(Served(blob: old.blob, path: path))
        }
        return result
    }
}
