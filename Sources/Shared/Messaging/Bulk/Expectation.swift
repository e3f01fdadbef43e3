internal import FarmModel

/// A blob that the bulk server is ready to take.
final class Expectation {
    enum State {
        /// Nobody has offered it, or what came was no good.
        case waiting
        /// `from` is nil where the sender has gone: whoever offers the blob goes on.
        case receiving(Transfer, from: Gate.Caller?)
        case done(BlobReference)
    }

    let destination: String
    let limit: Int64
    let audience: Audience
    let isResumable: Bool
    var state = State.waiting

    init(destination: String, limit: Int64, audience: Audience, isResumable: Bool) {
        self.destination = destination
        self.limit = limit
        self.audience = audience
        self.isResumable = isResumable
    }

    var transfer: Transfer? {
        if case .receiving(let transfer, _) = state { transfer } else { nil }
    }

    /// Ends the transfer under way. What has arrived is given up, unless it is for another time.
    func abandon() {
        transfer?.intake.abandon(keeping: isResumable)
        if transfer != nil { state = .waiting }
    }
}
