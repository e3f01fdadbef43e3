import FarmModel
import Foundation
import Inference

/// Finds the files of the models that jobs pin. Each is hashed once, on a thread of its own.
actor ModelFinder {
    private let library: ModelLibrary
    private var paths: [String: String] = [:]

    init(_ library: ModelLibrary) { self.library = library }

    /// The file with the model's bytes; nil for `nearest`.
    /// - Throws: where this machine does not have it.
    func path(of model: ModelReference) async throws -> String? {
        guard let hash = model.sha256 else { return nil }
        if let known = paths[hash], FileManager.default.isReadableFile(atPath: known) { return known }
        let library = library
        let source = try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try library.source(for: model) }) }.start()
        }
        guard case .file(let path) = source else { return nil }
        paths[hash] = path
        return path
    }
}
