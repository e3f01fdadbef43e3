public import FarmModel

/// Every name and number that crosses a socket. Nothing else in the project spells them.
/// docs/protocol.md tells when each message is sent and what answers it.
public enum Wire {
    /// Raised with every change that an older peer would misread.
    public static let version = 8

    /// `type` of the messages on the control channel.
    public enum ControlType: String, Codable, Sendable {
        // worker to coordinator
        case hello, heartbeat, calibrated, result, failure, draining, goodbye
        // coordinator to worker
        case welcome, reject, stranger, calibrate, lease, accepted, refused, cancel, drain
        // client to coordinator, and back
        case request, reply
    }

    /// `type` of the messages on the bulk channel.
    public enum BulkType: String, Codable, Sendable {
        /// Asks for bytes of a blob: a credit for one chunk.
        case get
        /// One chunk: the header is followed by a frame with the bytes.
        case data
        /// "I have this blob for you": the receiver answers with `get`s.
        case offer
        /// The receiver has the blob whole, and its hash is right.
        case received
        /// The blob is not to be had, not wanted, or arrived damaged; carries a reason.
        case refused
    }

    /// Bytes in one chunk.
    public static let chunkSize = 1 << 20
    /// Chunks that a receiver asks for ahead: what a transfer holds in memory on either side is this times `chunkSize`.
    public static let creditWindow = 16
    /// The largest message that a socket takes: a chunk and its header, or a lease with a long frame list.
    public static let maximumMessageSize = Int64(8 << 20)

    /// Jobs in one answer to `queue`.
    public static let queuePage = 200

    /// The name that an attempt's source packets have on the bulk channel.
    public static func sourceBlob(_ attempt: AttemptID) -> String { "source/\(attempt)" }
    /// The name that a model's file has on the bulk channel.
    public static func modelBlob(_ sha256: String) -> String { "model/\(sha256)" }
    /// The name that an uploaded file has on the bulk channel.
    /// - Parameter file: its SHA-256, and the extension that the client's file has
    public static func uploadBlob(_ file: String) -> String { "upload/\(file)" }
    /// The name that a finished film has on the bulk channel.
    public static func filmBlob(_ job: JobID) -> String { "film/\(job)" }
    /// The name that an attempt's encoded segment has on the bulk channel.
    public static func encodedBlob(_ attempt: AttemptID) -> String { "encoded/\(attempt)" }

    /// Where the bulk channel is when only the control channel is named: for `ipc://` the file `bulk` in the same
    /// directory, for `tcp://` the next port.
    public static func bulkEndpoint(beside control: String) -> String {
        guard !control.hasPrefix("ipc://") else {
            return control.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
                + "/bulk"
        }
        let parts = control.split(separator: ":", omittingEmptySubsequences: false)
        guard let port = parts.last.flatMap({ Int($0) }) else { return control }
        return parts.dropLast().joined(separator: ":") + ":\(port + 1)"
    }
}
