import FarmModel
import Inference

extension ModelLibrary {
    /// The file of the model that a job pinned; nil for `nearest`.
    func path(of model: ModelReference) throws -> String? {
        switch try source(for: model) {
        case .file(let path): path
        case .nearest: nil
        }
    }
}
