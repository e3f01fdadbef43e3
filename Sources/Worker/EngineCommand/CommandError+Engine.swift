import EngineCore
import FarmModel
import Inference
import Media
import Program

extension CommandError {
    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as InferenceError: self.init([.device, .model].contains(error.kind) ? 2 : 1, error.reason)
        case let error as MediaError:
            switch error.kind {
            case .source, .output: self.init(3, error.reason)
            case .settings: self.init(2, error.reason)
            case .codec: self.init(1, error.reason)
            }
        // The child has said why.
        case let error as BenchFailure where !error.exit.bySignal: self.init(error.exit.code, "")
        default: self.init(1, error.reason)
        }
    }
}
