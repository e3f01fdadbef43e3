internal import FarmModel
internal import Media
internal import Messaging

/// An error that a person reads: one line, and the exit status that design and README promise.
public struct CoordinatorError: Error, Hashable, Codable, Sendable, CustomStringConvertible {
    public enum Kind: String, Codable, Sendable {
        /// 1: the job failed.
        case job
        /// 2: bad usage, settings included.
        case usage
        /// 3: an input or output file cannot be used.
        case file
        /// 4: the farm cannot be reached or refuses.
        case farm
    }

    public var kind: Kind
    /// What failed, on what, and what to do.
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }

    public var exitStatus: Int32 {
        switch kind {
        case .job: 1
        case .usage: 2
        case .file: 3
        case .farm: 4
        }
    }

    /// The same, with the film in front where the message does not name it.
    func naming(_ film: String) -> CoordinatorError {
        message.contains(film) ? self : CoordinatorError(kind, "\(film): \(message)")
    }

    /// Any error as one of these.
    public init(_ error: any Error) {
        switch error {
        case let error as CoordinatorError: self = error
        case let error as MediaError:
            switch error.kind {
            case .source, .output: self.init(.file, error.message)
            case .settings: self.init(.usage, error.message)
            case .codec: self.init(.job, error.message)
            }
        case let error as SpaceShortage: self.init(.file, error.description)
        case let error as MessagingError:
            switch error {
            case .address, .insecure: self.init(.usage, error.description)
            case .file, .key: self.init(.file, error.description)
            default: self.init(.farm, error.description)
            }
        default: self.init(.job, "\(error.reason)")
        }
    }
}
