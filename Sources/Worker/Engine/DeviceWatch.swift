internal import FarmModel
internal import Foundation

/// Looks after each failure whether the device still works. An error of some kinds (a bad access, a device that is gone) leaves it of
/// no use for as long as the process lives: then the process ends, and its supervisor starts another.
struct DeviceWatch: Sendable {
    /// Why the device is lost; nil while it works.
    let loss: @Sendable () -> String?
    /// Tells the supervisor why, and ends the process.
    let end: @Sendable (String) -> Void

    /// EX_TEMPFAIL: another process may have more luck.
    static let exitStatus: Int32 = 75

    /// To be called before anybody is told of the failure: the segments inside are judged by how the process ends.
    func look(after error: any Error) {
        if error is AttemptCancelled { return }
        if let loss = loss() { end(loss) }
    }
}
