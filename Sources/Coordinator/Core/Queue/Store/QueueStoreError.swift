public import FarmModel

/// What can go wrong with the queue's database.
public enum QueueStoreError: Error, Hashable, CustomStringConvertible {
    case cannotOpen(path: String, reason: String)
    /// The database is of a later version of this program.
    case newer(path: String)
    case cannotRead(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    /// There is no space left for a change. Nothing of its transaction was applied; it may be tried again.
    case diskFull(path: String, reason: String)
    /// A change does not fit what is stored. Nothing of its transaction was applied.
    case conflict(path: String, change: String)
    case damaged(path: String, job: JobID, reason: String)

    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            "cannot open the queue \(path): \(reason); check the file and its folder, or name another with --state"
        case .newer(let path):
            "the queue \(path) was written by a newer version: upgrade this coordinator, or name another with --state"
        case .cannotRead(let path, let reason): "cannot read the queue \(path): \(reason)"
        case .cannotWrite(let path, let reason):
            "cannot write the queue \(path): \(reason); see that its disk has space and works, then start again"
        case .diskFull(let path, let reason):
            "cannot write the queue \(path), its disk is full: \(reason); make space"
        case .conflict(let path, let change):
            "the queue \(path) refuses a change that does not fit it, \(change): this is a fault of the program"
        case .damaged(let path, let job, let reason):
            "the queue \(path) holds job \(job) in a form that cannot be read: \(reason)"
        }
    }
}
