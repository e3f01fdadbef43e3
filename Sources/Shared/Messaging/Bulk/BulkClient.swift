public import FarmModel
public import Logging
internal import Synchronization

/// A worker's end of the bulk channel: fetches blobs from the coordinator and delivers blobs to it, several at once.
///
/// It connects, and reconnects, by itself; transfers go on where they were. Files are read on the channel's own thread, and
/// written on others.
public final class BulkClient: Sendable {
    let counters: BulkCounters
    private let thread: SocketThread<BulkClientLoop.Command>
    private let lastTicket = Atomic<Int>(0)

    /// Returns at once, whether or not anyone listens at `endpoint` yet.
    /// - Throws: `MessagingError` for an endpoint that can never be connected to
    public init(
        context: MessagingContext, endpoint: EndpointAddress, security: EndpointSecurity = .localOnly,
        timing: BulkTiming = BulkTiming(), logger: Logger = Logger(label: "messaging.bulk")
    ) throws {
        let wakeUp = try WakeUp()
        let link = try ClientLink(context, endpoint, security, .bulk, logger)
        counters = BulkCounters()
        thread = SocketThread("bulk-client", wakeUp, BulkClientLoop(link, wakeUp, timing, counters, logger))
    }

    /// Writes the blob into the file `path`, which appears, or is replaced, when all its bytes are there and right. Until
    /// then they are in `<path>.part`.
    /// - Parameters:
    ///   - resumable: keeps what has arrived when the fetch fails or is cancelled, or the process ends; a later fetch of a blob
    ///     of that SHA-256 to that path goes on from there, once it has hashed it. Where the file is that blob already, nothing is
    ///     fetched.
    ///   - patience: how long to wait for a coordinator that gives no sign; of a resumable fetch usually for ever
    ///   - progress: told bytes that are in the file and bytes in all, on the channel's own thread: it must not wait
    /// - Throws: `MessagingError.refused`, `.damaged`, `.silent`, `.file`, `.blob` where the same blob is being fetched
    ///   already, `.closed`; `CancellationError`
    public func fetch(
        _ blob: BlobReference, to path: String, resumable: Bool = false, patience: Patience? = nil,
        progress: (@Sendable (Int64, Int64) -> Void)? = nil
    ) async throws {
        let terms = TransferTerms(
            isResumable: resumable, patience: patience ?? (resumable ? .forever : .usual), progress: progress)
        try await run { .fetch(blob, path, terms, $0) }
    }

    /// Gives the file `path` to the coordinator; returns when it lies there, whole and on the disk.
    /// - Parameters:
    ///   - patience: how long to wait for a coordinator that gives no sign
    ///   - progress: told bytes that the coordinator has asked for and got, and bytes in all, as `fetch` does
    /// - Throws: `MessagingError.refused`, `.silent`, `.file`, `.blob` where the file has another size, or the same blob
    ///   is being delivered already, `.closed`; `CancellationError`
    public func deliver(
        _ blob: BlobReference, from path: String, patience: Patience = .usual,
        progress: (@Sendable (Int64, Int64) -> Void)? = nil
    ) async throws {
        let terms = TransferTerms(isResumable: false, patience: patience, progress: progress)
        try await run { .deliver(blob, path, terms, $0) }
    }

    /// Fails what is under way with `MessagingError.closed`; returns when the socket is closed.
    public func close() async { await thread.close() }

    private func run(_ command: (Completion) -> BulkClientLoop.Command) async throws {
        let ticket = lastTicket.wrappingAdd(1, ordering: .relaxed).newValue
        let cancellation = Cancellation()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let completion = Completion(ticket, cancellation, continuation)
                if !thread.post(command(completion)) { completion.fail(MessagingError.closed) }
            }
        } onCancel: {
            cancellation.happen()
            thread.post(.cancel(ticket))
        }
    }
}

/// How a transfer is to be done.
struct TransferTerms: Sendable {
    let isResumable: Bool
    let patience: Patience
    let progress: (@Sendable (Int64, Int64) -> Void)?
}

/// Whether a task gave up before its command reached the thread.
final class Cancellation: Sendable {
    private let happened = Atomic<Bool>(false)

    var hasHappened: Bool { happened.load(ordering: .acquiring) }
    func happen() { happened.store(true, ordering: .releasing) }
}

/// Who waits for the end of a fetch or a delivery. To be told once.
struct Completion: Sendable {
    let ticket: Int
    private let cancellation: Cancellation
    private let continuation: CheckedContinuation<Void, any Error>

    init(_ ticket: Int, _ cancellation: Cancellation, _ continuation: CheckedContinuation<Void, any Error>) {
        (self.ticket, self.cancellation, self.continuation) = (ticket, cancellation, continuation)
    }

    var isCancelled: Bool { cancellation.hasHappened }

    func succeed() { continuation.resume() }
    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
