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

    private static let longestPatience = Duration.seconds(120)

    let blob: BlobReference
    let intake: Intake
    private(set) var window: TransferWindow
    private var phase = Phase.opening
    /// Chunks that the file's workers wrote, and hashed, since `opened`.
    private var written: Int64 = 0
    private var hashed: Int64 = 0
    private var lastMove: ContinuousClock.Instant
    private var lastAsk: ContinuousClock.Instant
    /// Silence that is borne before asking again: some times as long as chunks take on this connection, and longer each
    /// time in vain, so that a slow one is not flooded with the same bytes (RFC 6298 has it so for segments of TCP).
    private var patience: Duration
    /// How long chunks take of late.
    private var pace = Duration.zero
    /// The chunk that is owed was asked for twice.
    private var isProbed = false
    /// What was owed came only when it was asked for twice: the rest may be lost.
    private var isDoubtful = false
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

    /// Nothing more is needed of the sender.
    var isFinishing: Bool { phase == .finishing || window.isComplete }

    /// Bytes that are in the file.
    var done: Int64 { window.settledBytes }

    /// When the other side last gave something, or `now` while it owes nothing.
    func lastSign(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant { owes ? lastMove : now }

    /// Whether the other side owes something and has given nothing for longer than it usually takes.
    func isSilent(_ now: ContinuousClock.Instant) -> Bool { owes && now - lastMove >= patience }

    /// Whether nothing has come for so long although it was asked for, or could have been.
    func isIdle(_ now: ContinuousClock.Instant, for limit: Duration) -> Bool {
        phase == .moving && now - lastMove >= limit
    }

    /// Hands out credit: calls `send` with a `get` for each chunk that may be asked for now, until it says that no more go
    /// out at this moment. A `get` that is lost on its way is asked for again after a silence.
    /// - Returns: false where some could not go out
    func ask(_ now: ContinuousClock.Instant, _ send: (BulkHeader) throws -> Bool) rethrows -> Bool {
        guard phase == .moving else { return true }
        var owed = owes
        while let (offset, size) = window.next() {
            guard try send(BulkHeader(.get, blob: blob.id, offset: offset, size: Int64(size))) else {
                window.putBack()
                return false
            }
            if !owed { (owed, lastMove) = (true, now) }
            lastAsk = now
        }
        return true
    }

    /// Hands the chunk whose turn it is to the file; false for one that nobody asked for.
    func take(_ header: BulkHeader, _ payload: Frame, _ now: ContinuousClock.Instant) -> Bool {
        guard let offset = header.offset, window.take(offset: offset, size: payload.count) else { return false }
        notePace(now - lastMove)
        lastMove = now
        lastAsk = now
        if window.chunks == 1 {
            phase = .finishing
            intake.store(payload)
        } else {
            intake.append(payload)
        }
        return true
    }

    /// - Parameter silence: how long the chunk that arrived was waited for. Of one that was asked for twice nobody knows which
    ///   answer it is: it may be as slow as that.
    private func notePace(_ silence: Duration) {
        pace = isProbed ? silence : max(silence, pace * 7 / 8)
        patience = min(max(retry, pace * 4), Self.longestPatience)
        (isDoubtful, isProbed) = (isProbed, false)
    }

    /// What the file's worker has to say.
    func heed(_ report: Intake.Report) -> Step {
        switch report {
        case .opened(let bytes):
            window.skip(bytes)
            phase = .moving
            if window.isSettled { finish() }
            return .ask
        case .wrote: return settle(&written, hashed)
        case .hashed: return settle(&hashed, written)
        case .restarted:
            window.restart()
            (written, hashed) = (0, 0)
            phase = .moving
            return .ask
        case .published: return .published
        case .failed(let error): return .failed(error)
        }
    }

    /// A chunk is done with when it is both written and hashed.
    private func settle(_ count: inout Int64, _ other: Int64) -> Step {
        count += 1
        if count <= other { window.settle() }
        if window.isSettled { finish() }
        return .ask
    }

    /// Takes it that whatever is outstanding was lost: the next `ask` asks for it once more.
    func forgetAsked() {
        window.askAgain()
        (patience, pace, isProbed, isDoubtful) = (retry, .zero, false, false)
    }

    /// When a silence has lasted long enough to ask again; nil while nothing is owed.
    var reminder: ContinuousClock.Instant? { owes ? max(lastAsk, lastMove) + patience : nil }

    /// After a silence, over a connection that may only be slow: asks for what is owed next once more with `send`, or has
    /// the next `ask` ask for all of it where more than that seems lost.
    func remind(_ now: ContinuousClock.Instant, _ send: (BulkHeader) throws -> Void) rethrows {
        patience = min(patience * 2, Self.longestPatience)
        lastAsk = now
        if isDoubtful {
            isDoubtful = false
            window.askAgain()
        } else if let probe {
            isProbed = true
            try send(probe)
        }
    }

    /// The chunk that the sender owes next, asked for once more: tells whether it is still there.
    private var probe: BulkHeader? {
        window.owed.map { BulkHeader(.get, blob: blob.id, offset: $0.offset, size: Int64($0.size)) }
    }

    private var owes: Bool { phase == .moving && window.outstanding > 0 }

    private func finish() {
        phase = .finishing
        intake.finish()
    }
}
