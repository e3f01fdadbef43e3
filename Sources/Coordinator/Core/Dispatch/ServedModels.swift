import FarmModel
import FarmProtocol
import Foundation
import Messaging

/// Model files that workers may fetch: those of the jobs at hand.
struct ServedModels: Sendable {
    private var blobs: [String: BlobReference] = [:]
    private var users: [String: Set<JobID>] = [:]

    /// Where a worker fetches the model; nil for one without a file.
    func blob(of model: ModelReference) -> BlobReference? { model.sha256.flatMap { blobs[$0] } }

    /// - Returns: the blob and its file where it is to be served from now on.
    /// - Throws: where the file is gone.
    mutating func add(_ model: ModelReference, for job: JobID) throws -> (blob: BlobReference, path: String)? {
        guard let hash = model.sha256, let path = model.path else { return nil }
        users[hash, default: []].insert(job)
        guard blobs[hash] == nil else { return nil }
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber else {
            users[hash] = nil
            throw CoordinatorError(.file, "the model's file \(path) is gone: put it back")
        }
        let blob = BlobReference(id: Wire.modelBlob(hash), size: size.int64Value, sha256: hash)
        blobs[hash] = blob
        return (blob, path)
    }

    /// - Returns: ids of blobs that nobody needs any more.
    mutating func remove(_ job: JobID) -> [String] {
        let hashes = users.filter { $0.value.contains(job) }.map(\.key)
        return hashes.compactMap { hash in
            users[hash]?.remove(job)
            guard users[hash]?.isEmpty == true else { return nil }
            users[hash] = nil
            return blobs.removeValue(forKey: hash)?.id
        }
    }
}
