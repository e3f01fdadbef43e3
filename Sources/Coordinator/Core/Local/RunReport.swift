/// What `run` has to say while it works; with `--json` one object a line.
public enum RunReport: Sendable {
    /// Something worth a line.
    case note(String)
    case warning(String)
    case progress(RunProgress)
    case done(RunDone)
    /// A film is a running coordinator's job now.
    case submitted(job: String, film: String)
}

/// How far a film is.
public struct RunProgress: Encodable, Sendable {
    public enum Phase: String, Encodable, Sendable {
        case hashing, uploading, waiting, indexing, calibrating, upscaling, joining, fetching, verifying, comparing

        /// Bytes are counted, not frames.
        public var isTransfer: Bool { self == .hashing || self == .uploading || self == .fetching }
    }

    public struct Segments: Encodable, Sendable {
        public var accepted: Int
        public var leased: Int
        public var total: Int
    }

    public var film: String
    public var phase: Phase
    /// Frames done and in all; while indexing and joining, whatever is counted there; bytes of a transfer.
    public var frames: Int
    public var total: Int
    /// Since this run began work on the film.
    public var seconds: Double
    public var fps: Double?
    /// Seconds to go.
    public var eta: Double?
    public var segments: Segments?
    /// Why nothing is done at the moment.
    public var waits: String?

    public var fraction: Double { total > 0 ? min(1, Double(frames) / Double(total)) : 0 }
}

/// A film that came out.
public struct RunDone: Encodable, Sendable {
    /// The job's id, where it was one of a running coordinator.
    public var job: String?
    public var output: String
    public var frames: Int
    public var seconds: Double
    /// nil where the film was only brought here.
    public var fps: Double?
    /// The share of the pipeline's time in which the device worked, 0 to 1.
    public var deviceBusy: Double

    enum CodingKeys: String, CodingKey {
        case job, output, frames, seconds, fps
        case deviceBusy = "device_busy"
    }
}

extension RunReport: Encodable {
    private enum Key: String, CodingKey { case event, text, job, film }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .note(let text):
            try container.encode("note", forKey: .event)
            try container.encode(text, forKey: .text)
        case .warning(let text):
            try container.encode("warning", forKey: .event)
            try container.encode(text, forKey: .text)
        case .progress(let progress):
            try container.encode("progress", forKey: .event)
            try progress.encode(to: encoder)
        case .done(let done):
            try container.encode("done", forKey: .event)
            try done.encode(to: encoder)
        case .submitted(let job, let film):
            try container.encode("submitted", forKey: .event)
            try container.encode(job, forKey: .job)
            try container.encode(film, forKey: .film)
        }
    }
}
