public import FarmModel
public import Logging

/// What a `BulkServer` tells.
public enum BulkEvent: Hashable, Sendable {
    /// The blob lies at its destination, whole and on the disk, and the sender knows it.
    case received(BlobReference)
    /// An offer of an expected blob came to nothing; it is still expected.
    case refused(id: String, reason: String)
    /// Likewise, for want of space on this side's disk: no fault of the sender's.
    case noSpace(id: String, reason: String)
}

/// The coordinator's end of the bulk channel: gives blobs to peers that ask, takes those it expects.
///
/// Each message is looked up in the allow-list when it comes. Who may not have a blob, or give it, is refused in the words
/// that an unknown blob is refused in.
///
/// Bytes move only on credit that the receiver grants, so each transfer holds at most `Wire.creditWindow` chunks of
/// `Wire.chunkSize` bytes on either side; transfers take turns. Files are read on the channel's own thread, and written on others.
public final class BulkServer: Sendable {
    /// For one consumer; ends after `close`. A consumer that lags halts the channel.
    public let events: AsyncStream<BulkEvent>
    /// Where it listens, with the port that the system chose where that was left to it.
    public let endpoint: EndpointAddress
    let counters: BulkCounters
    private let thread: SocketThread<BulkServerLoop.Command>

    /// Listens at once.
    /// - Throws: `MessagingError`: the endpoint is in use, cannot be made, or is open to a network without keys
    public init(
        context: MessagingContext, endpoint: EndpointAddress, security: EndpointSecurity = .localOnly,
        timing: BulkTiming = BulkTiming(), logger: Logger = Logger(label: "messaging.bulk")
    ) throws {
        let wakeUp = try WakeUp()
        let inbox = Inbox<BulkEvent>(wakeUp)
        let socket = try Socket(.router, context, .bulk)
        try socket.bind(endpoint, security)
        events = inbox.stream
        counters = BulkCounters()
        self.endpoint = socket.address ?? endpoint
        let gate = Gate(security)
        let thread = SocketThread(
            "bulk-server", wakeUp, BulkServerLoop(socket, gate, inbox, wakeUp, timing, counters, logger))
        gate.observe { [weak thread] in thread?.post(.review) ?? false }
        self.thread = thread
    }

    /// Gives the blob to whoever of `audience` asks for it, until `withdraw`. The files must keep their bytes as long.
    /// - Throws: `MessagingError.blob` for slices that cannot be
    public func serve(id: String, slices: [BlobSlice], to audience: Audience = .anyone) throws {
        thread.post(.serve(try SlicedBlob(id: id, slices: slices), audience))
    }

    /// Ends `serve`, closes the blob's files; who still asks is refused. Unknown ids are nothing.
    public func withdraw(_ id: String) { thread.post(.withdraw(id)) }

    /// Takes an offer of this blob by one of `audience`, of at most `limit` bytes, into the file `destination` (replaced if
    /// it exists; its bytes gather in `<destination>.part`). What is not expected is refused, so this comes before the lease.
    /// Where the destination is the offered blob already, that is received at once, and the file left alone.
    ///
    /// A resumable one keeps its bytes when it fails, over `unexpect`, `close` and a restart: whoever offers a blob of that
    /// SHA-256 for that destination goes on from there.
    ///
    /// The same terms again leave a transfer under way alone.
    /// - Parameter sha256: with it only the blob of that hash and of exactly `limit` bytes is taken
    public func expect(
        id: String, destination: String, limit: Int64, sha256: String? = nil, from audience: Audience = .anyone,
        resumable: Bool = false
    ) {
        let terms = Expectation.Terms(
            destination: destination, limit: limit, sha256: sha256, audience: audience, isResumable: resumable)
        thread.post(.expect(id, terms))
    }

    /// Ends `expect` and removes what has arrived so far, of a resumable one only where it is to be discarded. A file that
    /// was reported as received stays.
    /// - Parameter keeping: a file that has its name and is not yet reported as received stays too: its bytes are in use
    public func unexpect(_ id: String, discarding: Bool = false, keeping: Bool = false) {
        thread.post(.unexpect(id, discarding: discarding, keeping: keeping))
    }

    /// Takes no more offers for now, for this reason, and lets what is under way go on; nil: takes them again. A sender gets
    /// `MessagingError.held`.
    public func hold(_ reason: String?) { thread.post(.hold(reason)) }

    /// Returns when the endpoint is free for another.
    public func close() async { await thread.close() }
}
