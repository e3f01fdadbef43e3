public import FarmModel

/// The coordinator's answer to a `ClientRequest`.
public struct ClientReply: Codable, Hashable, Sendable {
    /// The request's number.
    public var id: Int64
    public var answer: Answer

    public init(id: Int64, answer: Answer) {
        self.id = id
        self.answer = answer
    }

    public enum Answer: Codable, Hashable, Sendable {
        case model(ModelReference)
        /// The blob to deliver.
        case deliver(BlobReference)
        /// The coordinator has the file already.
        case present
        case submitted(job: JobID)
        case queue([JobView])
        case job(JobDetail)
        case workers([WorkerView])
        case logs([HistoryView])
        case film(FilmOffer)
        /// It is done; a line about it.
        case done(String)
        case refused(Refusal)
    }
}

/// Why a request came to nothing.
public struct Refusal: Codable, Hashable, Sendable {
    /// Whose fault it is, for the exit status.
    public enum Kind: String, Codable, Hashable, Sendable { case job, usage, file, farm }

    public var kind: Kind
    /// What failed, on what, and what to do.
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// A finished film, to be fetched over the bulk channel.
public struct FilmOffer: Codable, Hashable, Sendable {
    public var blob: BlobReference
    /// Its file name.
    public var name: String

    public init(blob: BlobReference, name: String) {
        self.blob = blob
        self.name = name
    }
}
