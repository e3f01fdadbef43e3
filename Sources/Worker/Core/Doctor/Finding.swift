/// One thing that `worker doctor` found.
public struct Finding: Codable, Hashable, Sendable {
    public enum Status: String, Codable, Sendable {
        case ok
        /// It works, and could work better or may not work for ever.
        case warning
        /// The worker cannot work.
        case problem
    }

    public var status: Status
    /// A word: what it is about.
    public var subject: String
    public var text: String
    /// What to do about it.
    public var remedy: String?

    public static func ok(_ subject: String, _ text: String) -> Finding {
        Finding(status: .ok, subject: subject, text: text)
    }

    public static func warning(_ subject: String, _ text: String, _ remedy: String? = nil) -> Finding {
        Finding(status: .warning, subject: subject, text: text, remedy: remedy)
    }

    public static func problem(_ subject: String, _ text: String, _ remedy: String? = nil) -> Finding {
        Finding(status: .problem, subject: subject, text: text, remedy: remedy)
    }
}
