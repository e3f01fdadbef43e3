import FarmModel
import Scheduling

/// What may happen to a stored segment.
extension SegmentPlan {
    /// Nobody ever had it.
    var isFresh: Bool { attempts.isEmpty }

    mutating func end(_ attempt: AttemptID, _ outcome: AttemptOutcome) throws {
        guard attempts.indices.contains(attempt.number - 1), attempts[attempt.number - 1].isOpen else {
            throw Violation("\(attempt) ends as \(outcome) and is not current")
        }
        attempts[attempt.number - 1].outcome = outcome
    }

    mutating func accept(_ accepted: SegmentResult) throws {
        guard result == nil else { throw Violation("\(accepted.attempt) is accepted, and another is already") }
        try end(accepted.attempt, .accepted)
        result = accepted
    }

    mutating func retract(_ attempt: AttemptID, _ reason: String) throws {
        guard result?.attempt == attempt else { throw Violation("\(attempt) is retracted and not accepted") }
        attempts[attempt.number - 1].outcome = .withdrawn(reason: reason)
        result = nil
    }
}

extension AttemptRecord {
    var isOpen: Bool { outcome == nil }
}
