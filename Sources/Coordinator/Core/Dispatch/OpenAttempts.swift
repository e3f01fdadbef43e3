import FarmModel
import FarmProtocol

/// Attempts whose source packets are served and whose result is expected, also by the name of that result.
struct OpenAttempts {
    private var byBlob: [String: AttemptID] = [:]
    private var attempts: Set<AttemptID> = []

    func contains(_ attempt: AttemptID) -> Bool { attempts.contains(attempt) }

    /// The attempt whose encoded segment has this name on the bulk channel.
    func attempt(ofBlob id: String) -> AttemptID? { byBlob[id] }

    mutating func insert(_ attempt: AttemptID) {
        attempts.insert(attempt)
        byBlob[Wire.encodedBlob(attempt)] = attempt
    }

    mutating func remove(_ attempt: AttemptID) {
        attempts.remove(attempt)
        byBlob[Wire.encodedBlob(attempt)] = nil
    }
}
