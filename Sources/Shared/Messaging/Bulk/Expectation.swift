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

    struct Terms: Hashable, Sendable {
        let destination: String
        let limit: Int64
        /// nil: whatever its sender says it is.
        let sha256: String?
        let audience: Audience
        let isResumable: Bool
    }

    let terms: Terms
    var state = State.waiting
    /// When it was made, or last offered.
    var lastUse = ContinuousClock.now

    init(_ terms: Terms) { self.terms = terms }

    var destination: String { terms.destination }
    var isResumable: Bool { terms.isResumable }

    /// Why this blob is not what is expected; nil where it may be.
    func fault(of blob: BlobReference) -> String? {
        if let sha256 = terms.sha256, blob.sha256 != sha256 || blob.size != terms.limit {
            return "it is not the file that was announced"
        }
        return blob.size > terms.limit ? "\(blob.size) bytes are more than the \(terms.limit) allowed" : nil
    }

    var transfer: Transfer? {
        if case .receiving(let transfer, _) = state { transfer } else { nil }
    }

    /// Ends the transfer under way. What has arrived is given up, unless it is for another time.
    func abandon(leaving remains: Intake.Remains = .nothing) {
        transfer?.intake.abandon(leaving: isResumable ? .part : remains)
        if transfer != nil { state = .waiting }
    }
}
