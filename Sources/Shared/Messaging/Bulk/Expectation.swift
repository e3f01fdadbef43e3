internal import FarmModel

/// A blob that the bulk server is ready to take.
final class Expectation {
    enum State {
        /// Nobody has offered it, or what came was no good.
        case waiting
        /// `from` is nil where the sender has gone: whoever offers the blob goes on.
        case receiving(Transfer, from: PeerID?)
        case done(BlobReference)
    }

    let destination: String
    let limit: Int64
    var state = State.waiting

    init(destination: String, limit: Int64) {
        self.destination = destination
        self.limit = limit
    }

    var transfer: Transfer? {
        if case .receiving(let transfer, _) = state { transfer } else { nil }
    }

    /// Gives up what has arrived, unless it is whole.
    func discard() {
        guard let transfer else { return }
        transfer.discard()
        state = .waiting
    }
}
