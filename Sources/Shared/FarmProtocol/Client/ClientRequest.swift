public import FarmModel

/// What a person's command asks a running coordinator for. Asking again does no harm: a client repeats a request whose
/// answer was lost.
public struct ClientRequest: Codable, Hashable, Sendable {
    /// The client's own number; the answer carries it.
    public var id: Int64
    public var ask: Ask

    public init(id: Int64, ask: Ask) {
        self.id = id
        self.ask = ask
    }

    public enum Ask: Codable, Hashable, Sendable {
        /// Answered at once by `done`: is anybody there?
        case ping
        /// Which model a name means, or the file that was uploaded: asked before a film is brought, so that a mistake is
        /// known early. Without `scale`, of its own the smallest that enlarges `reach` times or more, else the largest. Answered
        /// by `model`.
        case resolve(model: String, upload: Upload?, scale: Int?, reach: Int? = nil)
        /// A file is to come over the bulk channel; answered by `deliver`, or `present` where the coordinator has it.
        case upload(Upload)
        case submit(Submission)
        /// Jobs, the newest last; `all` adds those that are done or cancelled. At most `Wire.queuePage` of them, from that place in
        /// the list on; nil: from the first.
        case queue(all: Bool, from: Int? = nil)
        case show(job: JobID)
        case workers
        /// What happened to a job, after the entry of that number.
        case logs(job: JobID, after: Int64)
        /// The finished film; answered by `film`.
        case fetch(job: JobID)
        case act(job: JobID, JobAction)
        case manage(worker: String, WorkerAction)
    }
}

/// A file that a client has and the coordinator is to have.
public struct Upload: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable { case film, model }

    public var kind: Kind
    /// Its file name, without folders: the extension may tell the container.
    public var name: String
    /// Bytes.
    public var size: Int64
    public var sha256: String

    public init(kind: Kind, name: String, size: Int64, sha256: String) {
        self.kind = kind
        self.name = name
        self.size = size
        self.sha256 = sha256
    }
}

/// A film to upscale, as its user hands it in.
public struct Submission: Codable, Hashable, Sendable {
    public enum Film: Codable, Hashable, Sendable {
        /// It was uploaded before.
        case uploaded(Upload)
        /// A file of the coordinator's machine, below one of the roots that it allows.
        case path(String)
    }

    /// Made by the client for this submission: the same token again is the same job.
    public var token: String
    public var film: Film
    /// A path at the coordinator below one of its roots; nil: beside a film that has a path, else kept there for `fetch`.
    public var output: String?
    /// The result's container where it is kept for `fetch`: `mkv`, `mp4`, `mov`, `webm`.
    public var container: String
    public var settings: JobSettings
    /// The model's file where it was uploaded; `settings.model` is its name then.
    public var model: Upload?
    /// Higher goes first.
    public var priority: Int
    /// An output that exists may be replaced.
    public var overwrite: Bool

    public init(
        token: String, film: Film, output: String? = nil, container: String = "mkv", settings: JobSettings,
        model: Upload? = nil, priority: Int = 0, overwrite: Bool = false
    ) {
        self.token = token
        self.film = film
        self.output = output
        self.container = container
        self.settings = settings
        self.model = model
        self.priority = priority
        self.overwrite = overwrite
    }
}

public enum JobAction: Codable, Hashable, Sendable {
    /// No new leases; what is leased is finished.
    case pause
    case resume
    case cancel
    /// A failed or cancelled job goes on from its accepted segments.
    case retry
    /// Forgets an ended job, with its film where that is kept for `fetch`.
    case remove
    case priority(Int)
}

public enum WorkerAction: String, Codable, Hashable, Sendable {
    /// Finish what is leased, take no more; stay connected.
    case drain
    case undrain
    /// Trust a worker again that was set aside.
    case reinstate
}
