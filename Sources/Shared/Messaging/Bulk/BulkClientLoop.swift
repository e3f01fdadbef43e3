internal import FarmModel
internal import FarmProtocol
internal import Foundation
internal import Logging

/// What the bulk client's thread does. The two directions are in BulkClientLoop+Fetching.swift and +Delivering.swift.
final class BulkClientLoop: SocketOwner {
    enum Command: Sendable {
        case fetch(BlobReference, String, TransferTerms, Completion)
        case deliver(BlobReference, String, TransferTerms, Completion)
        case cancel(Int)
    }

    private static let burst = 64

    let timing: BulkTiming
    let counters: BulkCounters
    var fetches: [String: Fetch] = [:]
    var deliveries: [String: Delivery] = [:]
    /// Chunks that the server asked for, in its order: its window makes the transfers take turns.
    var requests: [ChunkRequest] = []
    let desk: Intake.Desk
    let link: ClientLink
    private let logger: Logger
    private var drops: DropCounter

    init(
        _ link: ClientLink, _ wakeUp: WakeUp, _ timing: BulkTiming, _ counters: BulkCounters, _ logger: Logger
    ) {
        self.link = link
        desk = Intake.Desk(wakeUp)
        self.timing = timing
        self.counters = counters
        self.logger = logger
        drops = DropCounter(logger)
    }

    func perform(_ command: Command) throws {
        switch command {
        case .fetch(_, _, _, let completion) where completion.isCancelled,
            .deliver(_, _, _, let completion) where completion.isCancelled:
            completion.fail(CancellationError())
        case .fetch(let blob, let path, let terms, let completion): begin(fetch: blob, to: path, terms, completion)
        case .deliver(let blob, let path, let terms, let completion):
            try begin(deliver: blob, from: path, terms, completion)
        case .cancel(let ticket):
            for fetch in fetches.values where fetch.completion.ticket == ticket { end(fetch, CancellationError()) }
            for item in deliveries.values where item.completion.ticket == ticket { end(item, CancellationError()) }
        }
    }

    func work(_ now: ContinuousClock.Instant) throws -> Wait {
        try takeChanges(now)
        for outcome in desk.takeOutcomes() { try take(outcome, now) }
        try link.flush()
        for fetch in fetches.values where fetch.isUnasked { try ask(fetch, now) }
        let isDrained = try read(now)
        try sendChunks()
        let next = try remind(now)
        var wait = link.wait(reading: true)
        if let next { wait.end(by: next) }
        if !isDrained { wait.end(by: now) }
        return wait
    }

    func turnDown(_ command: Command) {
        switch command {
        case .fetch(_, _, _, let completion), .deliver(_, _, _, let completion): completion.fail(MessagingError.closed)
        case .cancel: break
        }
    }

    func close(_ error: (any Error)?) {
        if let error { logger.error("the bulk channel ended: \(error)") }
        for fetch in fetches.values { end(fetch, error ?? MessagingError.closed) }
        for delivery in deliveries.values { end(delivery, error ?? MessagingError.closed) }
        desk.close()
        link.close()
    }

    func drop(_ what: @autoclosure () -> String) {
        drops.count(what())
        counters.dropped.add(1, ordering: .relaxed)
    }

    /// Where no connection stands, the message is left: a new one begins with asking and offering again.
    @discardableResult
    func send(_ header: BulkHeader) throws -> Bool { try link.send([BulkMessage.frame(header)]) }

    private func takeChanges(_ now: ContinuousClock.Instant) throws {
        for change in link.takeChanges() where change == .connected {
            requests.removeAll()
            for fetch in fetches.values {
                fetch.transfer.forgetAsked()
                try ask(fetch, now)
            }
            for delivery in deliveries.values { try offer(delivery, now) }
        }
    }

    /// True where nothing is left to read.
    private func read(_ now: ContinuousClock.Instant) throws -> Bool {
        for _ in 0..<Self.burst {
            guard let frames = try link.receive() else { return true }
            do { try take(BulkMessage(frames), now) } catch let error as WireError { drop(harmless("\(error)")) }
        }
        return false
    }

    private func take(_ message: BulkMessage, _ now: ContinuousClock.Instant) throws {
        let header = message.header
        switch header.type {
        case .data:
            if let payload = message.payload { takeData(header, payload, now) }
        case .get: takeGet(header, now)
        case .received: takeReceipt(header)
        case .refused: takeRefusal(header)
        case .offer: drop("an offer of \(harmless(header.blob)); this side takes none")
        }
    }

    private func takeRefusal(_ header: BulkHeader) {
        let reason = harmless(header.reason ?? "no reason was given")
        let error: MessagingError =
            header.later == true
            ? .held(id: header.blob, reason: reason) : .refused(id: header.blob, reason: reason)
        if let fetch = fetches[header.blob] { end(fetch, error) }
        if let delivery = deliveries[header.blob] { end(delivery, error) }
    }

    private func sendChunks() throws {
        while link.isIdle, !requests.isEmpty {
            let request = requests.removeFirst()
            guard let delivery = deliveries[request.blob] else { continue }
            do {
                let frames = try request.answer(from: delivery.blob) { _ in delivery.file }
                guard try link.send(frames) else { continue }
                counters.sent.add(1, ordering: .relaxed)
                delivery.terms.progress?(request.offset + Int64(request.size), delivery.reference.size)
            } catch let error as MessagingError {
                guard case .file = error else { throw error }
                try send(BulkHeader(.refused, blob: request.blob, reason: "\(error)"))
                end(delivery, error)
            }
        }
    }

    /// Asks and offers again after a silence, fails after a longer one; the time to look again, or nil.
    private func remind(_ now: ContinuousClock.Instant) throws -> ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        for fetch in fetches.values {
            let end = fetch.terms.patience.limit(timing).map { fetch.transfer.lastSign(now) + $0 }
            if let end, now >= end {
                self.end(fetch, silence(fetch.transfer.blob, "fetch", fetch.terms))
                continue
            }
            if let due = fetch.transfer.reminder, now >= due {
                try fetch.transfer.remind(now) { try send($0) }
                try ask(fetch, now)
            }
            next = earliest(next, fetch.transfer.reminder, end)
        }
        for delivery in deliveries.values {
            let end = delivery.terms.patience.limit(timing).map { delivery.lastSign + $0 }
            if let end, now >= end {
                self.end(delivery, silence(delivery.reference, "deliver", delivery.terms))
                continue
            }
            if now >= delivery.reminder(timing) { try offer(delivery, now) }
            next = earliest(next, delivery.reminder(timing), end)
        }
        return next
    }

    private func earliest(_ instants: ContinuousClock.Instant?...) -> ContinuousClock.Instant? {
        instants.compactMap { $0 }.min()
    }

    private func silence(_ blob: BlobReference, _ attempted: String, _ terms: TransferTerms) -> MessagingError {
        let seconds = (terms.patience.limit(timing) ?? .zero) / .seconds(1)
        return .silent(id: blob.id, attempted: attempted, seconds: seconds)
    }
}
