import FarmModel
import Foundation
import Models

/// Finds the files of the models that jobs pin, and fetches those that this machine lacks. Each is hashed once, on a
/// thread of its own, and fetched once, however many slots ask.
actor ModelFinder {
    private let library: ModelLibrary
    private let fetched: FetchedModels
    private let bulk: PatientBulk
    private var paths: [String: String] = [:]
    private var searches: [String: Task<String, any Error>] = [:]

    init(_ library: ModelLibrary, _ fetched: FetchedModels, _ bulk: PatientBulk) {
        self.library = library
        self.fetched = fetched
        self.bulk = bulk
    }

    /// The file with the model's bytes; nil for `nearest`.
    /// - Parameter blob: what the coordinator calls the file.
    /// - Throws: where the file is neither here nor to be had.
    func path(of model: ModelReference, from blob: BlobReference?) async throws -> String? {
        guard let hash = model.sha256 else { return nil }
        if let known = paths[hash], FileManager.default.isReadableFile(atPath: known) {
            fetched.use(hash)
            return known
        }
        let search = searches[hash] ?? Task { try await self.search(for: model, hash, blob) }
        searches[hash] = search
        return try await search.value
    }

    private func search(for model: ModelReference, _ hash: String, _ blob: BlobReference?) async throws -> String {
        defer { searches[hash] = nil }
        let path: String
        do { path = try await own(model, hash) } catch let error as ModelError {
            guard let blob else { throw error }
            path = try await fetch(blob, hash, for: error)
        }
        paths[hash] = path
        return path
    }

    private func own(_ model: ModelReference, _ hash: String) async throws -> String {
        let (library, fetched) = (library, fetched)
        return try await withCheckedThrowingContinuation { continuation in
            Thread {
                continuation.resume(with: Result { try fetched.find(hash) ?? library.file(of: model, hash: hash) })
            }.start()
        }
    }

    /// The file is whole and its hash is right before it has its name.
    private func fetch(_ blob: BlobReference, _ hash: String, for absence: ModelError) async throws -> String {
        do {
            guard blob.sha256 == hash else {
                throw WorkerError.model(
                    "the coordinator offers a file with another SHA-256, \(blob.sha256.prefix(16))…")
            }
            try fetched.prepare()
            try await bulk.fetch(blob, to: fetched.temporaryPath(hash))
            try fetched.publish(hash)
        } catch {
            throw WorkerError.model("\(absence.reason); nor can it be fetched: \(error.reason)")
        }
        return fetched.path(hash)
    }
}
