internal import FarmModel

/// A blob that the bulk server is ready to take.
final class Expectation {
    enum State {
        /// Nobody has offered it, or what came was no good.
        case waiting
        /// `from` is nil where the sender has gone: whoever offers the blob goes on.
        case receiving(Transfer, from: Gate.Caller?)
        /// All is there and right, and on its way to the disk.
        case publishing(BlobReference)
        case done(BlobReference)
    }

    let destination: String
    let limit: Int64
    let audience: Audience
    var state = State.waiting

    init(destination: String, limit: Int64, audience: Audience) {
        self.destination = destination
        self.limit = limit
        self.audience = audience
    }

    var isReceiving: Bool {
        if case .receiving = state { true } else { false }
    }

    /// Gives up what has arrived, unless it is whole.
    func discard() {
        guard case .receiving(let transfer, _) = state else { return }
        transfer.discard()
        state = .waiting
    }
}
