import FarmModel
import Messaging
import Program
import WorkerCore

extension CommandError {
    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case is WorkerError: self.init(4, error.reason)
        case is WorkerUsageError: self.init(2, error.reason)
        case MessagingError.address, MessagingError.insecure: self.init(2, error.reason)
        case MessagingError.key, MessagingError.file: self.init(3, error.reason)
        case is MessagingError: self.init(4, error.reason)
        default: self.init(1, error.reason)
        }
    }
}
