import Foundation

/// A disk has too little room for a job: a farm waits for it, `run` says so.
struct SpaceShortage: Error, Hashable, CustomStringConvertible {
    var path: String
    /// Bytes.
    var needed: Int64
    var free: Int64
    /// Of those, what is not for this job.
    var kept: Int64
    /// What else the user of this machine can do.
    var remedy: String

    var description: String { "\(shortage); free some, or \(remedy)" }

    /// Without advice that only the coordinator's own user can follow.
    var shortage: String {
        let others = kept > 0 ? ", \(DiskSpace.text(kept)) of it kept for jobs under way and the reserve" : ""
        return
            "too little space in \(path): about \(DiskSpace.text(needed)) are needed, \(DiskSpace.text(free)) are free"
            + others
    }

    /// What an error says where it is for want of space; nil for any other.
    static func reason(_ error: any Error) -> String? {
        if let shortage = error as? SpaceShortage { return shortage.shortage }
        let message = CoordinatorError(error).message
        let wants = [ENOSPC, EDQUOT].contains { message.contains(String(cString: strerror($0))) }
        return wants ? message : nil
    }
}
