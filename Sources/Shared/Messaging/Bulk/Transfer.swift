internal import FarmModel
internal import FarmProtocol

/// One blob on its way in: the window, the file, and when something last moved.
final class Transfer {
    private enum Phase {
        /// What is there already is being hashed.
        case opening
        case moving
        /// All is there; it is being checked and named.
        case finishing
    }

    /// What a report asks of whoever has the transfer.
    enum Step {
        case ask
        case published
        case failed(any Error)
    }

    private static let longestPatience = Duration.seconds(60)

    let blob: BlobReference
    let intake: Intake
    private(set) var window: TransferWindow
    private var phase = Phase.opening
    private var lastMove: ContinuousClock.Instant
    private var lastAsk: ContinuousClock.Instant
    /// Silence that is borne before asking again; longer each time in vain, so that a slow connection is not flooded.
    private var patience: Duration
    private let retry: Duration

    init(_ blob: BlobReference, _ intake: Intake, _ timing: BulkTiming, _ now: ContinuousClock.Instant) {
        self.blob = blob
        self.intake = intake
        retry = timing.retry
        patience = timing.retry
        lastMove = now
        lastAsk = now
        window = TransferWindow(size: blob.size, chunkSize: Wire.chunkSize, credit: Wire.creditWindow)
    }

    var isFinishing: Bool { phase == .finishing }

    /// Bytes that are in the file.
    var done: Int64 { window.settledBytes }

    /// When the other side last gave something, or `now` while it owes nothing.
    func lastSign(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant { owes ? lastMove : now }

    /// Hands out credit: calls `ask` with a `get` for each chunk that may be asked for now. A `get` that is lost on its
    /// way is asked for again after a silence.
    func ask(_ now: ContinuousClock.Instant, _ send: (BulkHeader) throws -> Void) throws {
        guard phase == .moving else { return }
        if !owes { lastMove = now }
        while let (offset, size) = window.next() {
            lastAsk = now
            try send(BulkHeader(.get, blob: blob.id, offset: offset, size: Int64(size)))
        }
    }

    /// Hands the chunk whose turn it is to the file; false for one that nobody asked for.
    func take(_ header: BulkHeader, _ payload: Frame, _ now: ContinuousClock.Instant) -> Bool {
        guard let offset = header.offset, window.take(offset: offset, size: payload.count) else { return false }
        lastMove = now
        lastAsk = now
        patience = retry
        intake.append(payload)
        if window.isComplete { finish() }
        return true
    }

    /// What the file's worker has to say.
    func heed(_ report: Intake.Report) -> Step {
        switch report {
        case .opened(let bytes):
            window.skip(bytes)
            phase = .moving
            if window.isComplete { finish() }
            return .ask
        case .wrote:
            window.settle()
            return .ask
        case .restarted:
            window.restart()
            phase = .moving
            return .ask
        case .published: return .published
        case .failed(let error): return .failed(error)
        }
    }

    /// Takes it that whatever is outstanding was lost: the next `ask` asks for it once more.
    func forgetAsked() { window.askAgain() }

    /// When a silence has lasted long enough to ask again; nil while nothing is owed.
    var reminder: ContinuousClock.Instant? { owes ? max(lastAsk, lastMove) + patience : nil }

    /// After a silence, over a connection that may only be slow.
    func forgetAskedAfterSilence() {
        forgetAsked()
        patience = min(patience * 2, Self.longestPatience)
    }

    /// The chunk that the sender owes next, asked for once more: tells whether it is still there.
    var probe: BulkHeader? {
        window.owed.map { BulkHeader(.get, blob: blob.id, offset: $0.offset, size: Int64($0.size)) }
    }

    private var owes: Bool { phase == .moving && window.outstanding > 0 }

    private func finish() {
        phase = .finishing
        intake.finish()
    }
}
