internal import FarmProtocol
public import Messaging

/// Why a worker has nothing to do with its coordinator, or cannot do what it is asked.
public enum WorkerError: Error, CustomStringConvertible {
    case rejected(String)
    /// The coordinator speaks another version of the protocol.
    case version(theirs: Int)
    /// The channel to the coordinator broke for good.
    case closed
    case noSlot(Int)
    case model(String)
    /// Only the control channel reaches the coordinator.
    case bulkSilent(EndpointAddress, seconds: Double)

    public var description: String {
        switch self {
        case .rejected(let reason): "the coordinator refuses this worker: \(reason)"
        case .version(let theirs):
            "the coordinator speaks protocol version \(theirs) and this worker \(Wire.version): upgrade "
                + (theirs < Wire.version ? "the coordinator" : "this worker")
        case .closed: "the channel to the coordinator has closed; its reason is in the log"
        case .noSlot(let slot): "this worker has no slot \(slot)"
        case .model(let reason): reason
        case .bulkSilent(let endpoint, let seconds):
            "bulk \(endpoint) does not answer for \(Int(seconds)) s, and control does: open its port to this worker's box"
        }
    }
}
