internal import FarmModel
internal import FarmProtocol

/// One blob on its way in: the window, the file, and when something last moved.
final class Transfer {
    let blob: BlobReference
    private(set) var window: TransferWindow
    private(set) var lastMove: ContinuousClock.Instant
    private var lastAsk: ContinuousClock.Instant
    /// Silence that is borne before asking again; longer each time in vain, so that a slow connection is not flooded.
    private var patience: Duration
    private let retry: Duration
    private let file: IncomingFile

    init(_ blob: BlobReference, _ file: IncomingFile, _ timing: BulkTiming, _ now: ContinuousClock.Instant) {
        self.blob = blob
        retry = timing.retry
        patience = timing.retry
        self.file = file
        lastMove = now
        lastAsk = now
        window = TransferWindow(size: blob.size, chunkSize: Wire.chunkSize, credit: Wire.creditWindow)
    }

    /// Hands out credit: calls `ask` with a `get` for each chunk that may be asked for now. A `get` that is lost on its
    /// way is asked for again after a silence.
    func ask(_ now: ContinuousClock.Instant, _ send: (BulkHeader) throws -> Void) throws {
        lastAsk = now
        while let (offset, size) = window.next() {
            try send(BulkHeader(.get, blob: blob.id, offset: offset, size: Int64(size)))
        }
    }

    /// Writes the chunk whose turn it is; false for one that nobody asked for.
    func take(_ header: BulkHeader, _ payload: Frame, _ now: ContinuousClock.Instant) throws -> Bool {
        guard let offset = header.offset, window.take(offset: offset, size: payload.count) else { return false }
        lastMove = now
        patience = retry
        try file.append(payload.bytes)
        return true
    }

    /// Takes it that whatever is outstanding was lost: the next `ask` asks for it once more.
    func forgetAsked() { window.askAgain() }

    /// When a silence has lasted long enough to ask again.
    var reminder: ContinuousClock.Instant { lastAsk + patience }

    /// After a silence, over a connection that may only be slow.
    func forgetAskedAfterSilence() {
        forgetAsked()
        patience *= 2
    }

    /// The chunk that the sender owes next, asked for once more: tells whether it is still there.
    var probe: BulkHeader? {
        window.owed.map { BulkHeader(.get, blob: blob.id, offset: $0.offset, size: Int64($0.size)) }
    }

    var isComplete: Bool { window.isComplete }

    /// The file, where its bytes are the ones promised; it has not got its name yet.
    /// - Throws: `MessagingError.damaged`
    func verified() throws -> IncomingFile {
        let found = file.digest()
        guard found == blob.sha256 else {
            throw MessagingError.damaged(id: blob.id, expected: blob.sha256, found: found)
        }
        return file
    }

    func discard() { file.discard() }
}
