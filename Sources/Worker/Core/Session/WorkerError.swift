/// Why a worker has nothing to do with its coordinator.
public enum WorkerError: Error, CustomStringConvertible {
    case rejected(String)
    case noSlot(Int)

    public var description: String {
        switch self {
        case .rejected(let reason): "the coordinator refuses this worker: \(reason)"
        case .noSlot(let slot): "this worker has no slot \(slot)"
        }
    }
}
