import FarmModel
import Inference
import Media
import Messaging
import WorkerCore

/// What the worker ends with: one line, and README's exit status.
struct CommandError: Error {
    /// 1 the work failed; 2 bad usage; 3 a file cannot be used; 4 the farm cannot be reached or refuses.
    let status: Int32
    let line: String

    init(_ status: Int32, _ line: String) { (self.status, self.line) = (status, line) }

    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case is WorkerError: self.init(4, error.reason)
        case is WorkerUsageError: self.init(2, error.reason)
        case let error as InferenceError: self.init(error.kind == .device ? 2 : 1, error.reason)
        case MessagingError.address, MessagingError.insecure: self.init(2, error.reason)
        case MessagingError.key, MessagingError.file: self.init(3, error.reason)
        case is MessagingError: self.init(4, error.reason)
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
