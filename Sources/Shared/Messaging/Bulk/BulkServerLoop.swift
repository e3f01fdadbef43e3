internal import CZeroMQ
internal import FarmModel
internal import FarmProtocol
internal import Foundation
internal import Logging

/// What the bulk server's thread does. Taking offered blobs is in BulkServerLoop+Receiving.swift.
final class BulkServerLoop: SocketOwner {
    enum Command: Sendable {
        case serve(SlicedBlob, Audience)
        case withdraw(String)
        case expect(String, Expectation.Terms)
        case unexpect(String, discarding: Bool, keeping: Bool)
        case hold(String?)
        /// The allow-list has changed.
        case review
    }

    private static let burst = 64
    /// How soon to try a peer again whose connection is full: libzmq does not tell when one of many has room.
    private static let fullPause = Duration.milliseconds(5)

    let timing: BulkTiming
    let counters: BulkCounters
    let logger: Logger
    let inbox: Inbox<BulkEvent>
    var expected = Expectations()
    /// Blobs of which more could be asked for, were there room in the sender's connection.
    var unasked: Set<String> = []
    /// Why nothing new is taken; nil while it is.
    var heldBack: String?
    let desk: Intake.Desk
    let gate: Gate
    private let socket: Socket
    private var served: [String: (blob: SlicedBlob, audience: Audience)] = [:]
    private var files = OpenFiles()
    private var requests = RequestQueues<Gate.Caller>(limit: 2 * Wire.creditWindow)
    private var drops: DropCounter
    /// What was asked about blobs that nobody has told of: who asks may have been told of one a moment before this thread is.
    /// So it is looked at once more, behind the commands that came meanwhile.
    private var unknown: [(header: BulkHeader, caller: Gate.Caller)] = []
    /// When to look for senders that fell silent.
    private var nextLook = ContinuousClock.now

    init(
        _ socket: Socket, _ gate: Gate, _ inbox: Inbox<BulkEvent>, _ wakeUp: WakeUp, _ timing: BulkTiming,
        _ counters: BulkCounters, _ logger: Logger
    ) {
        desk = Intake.Desk(wakeUp)
        self.socket = socket
        self.gate = gate
        self.inbox = inbox
        self.timing = timing
        self.counters = counters
        self.logger = logger
        drops = DropCounter(logger)
    }

    func perform(_ command: Command) {
        switch command {
        case .serve(let blob, let audience):
            withdraw(blob.id)
            served[blob.id] = (blob, audience)
        case .withdraw(let id): withdraw(id)
        case .expect(let id, let terms): expect(id, terms)
        case .unexpect(let id, let discarding, let keeping): unexpect(id, discarding, keeping)
        case .hold(let reason): heldBack = reason
        case .review: letGoOfRevoked()
        }
    }

    func work(_ now: ContinuousClock.Instant) throws -> Wait {
        var wait = Wait()
        for outcome in desk.takeOutcomes() { try take(outcome, now) }
        try lookAgain(now)
        try read(now, &wait)
        if !unknown.isEmpty { wait.end(by: now) }
        if !requests.isEmpty {
            let moved = try requests.round { try serve($0, $1, $2) }
            if !requests.isEmpty { wait.end(by: moved ? now : now + Self.fullPause) }
        }
        if now >= nextLook {
            nextLook = now + timing.retry / 4
            letGoOfIdle(now)
            try remind(now)
        }
        if !unasked.isEmpty {
            try askUnasked(now)
            if !unasked.isEmpty { wait.end(by: now + Self.fullPause) }
        }
        if !expected.isEmpty { wait.end(by: nextLook) }
        while socket.monitor.next() != nil {}
        wait.add(socket.monitor.handle, ZMQ_POLLIN)
        return wait
    }

    func turnDown(_ command: Command) {}

    func close(_ error: (any Error)?) {
        if let error { logger.error("the bulk channel ended: \(error)") }
        for expectation in expected.values { expectation.abandon() }
        desk.close()
        socket.close()
        inbox.finish()
    }

    func drop(_ what: @autoclosure () -> String) {
        drops.count(what())
        counters.dropped.add(1, ordering: .relaxed)
    }

    func send(_ header: BulkHeader, to peer: PeerID) throws -> Socket.SendOutcome {
        try socket.send([Frame(peer.bytes), BulkMessage.frame(header)])
    }

    private func read(_ now: ContinuousClock.Instant, _ wait: inout Wait) throws {
        for _ in 0..<Self.burst {
            guard inbox.hasRoom else { return }
            guard let frames = try socket.receive() else { return wait.add(socket.handle, ZMQ_POLLIN) }
            try take(frames, now)
        }
        wait.end(by: now)
    }

    private func take(_ frames: [Frame], _ now: ContinuousClock.Instant) throws {
        guard let caller = gate.caller(of: frames) else {
            return drop("a message of a peer whose key is not on the allow-list")
        }
        let message: BulkMessage
        do { message = try BulkMessage(frames.dropFirst()) } catch let error as WireError {
            return drop(harmless("\(error)"))
        }
        let header = message.header
        switch header.type {
        case .get where served[header.blob] == nil, .offer where expected[header.blob] == nil:
            unknown.append((header, caller))
        case .get: try queue(header, caller)
        case .offer: try takeOffer(header, caller, now)
        case .data:
            if let payload = message.payload { try takeData(header, payload, caller, now) }
        case .refused: try takeRefusal(header, caller)
        case .received: drop("received of \(harmless(header.blob)), which was never offered")
        }
    }

    private func lookAgain(_ now: ContinuousClock.Instant) throws {
        defer { unknown.removeAll() }
        for (header, caller) in unknown where gate.admits(caller.sender) {
            if header.type == .get { try queue(header, caller) } else { try takeOffer(header, caller, now) }
        }
    }

    private func queue(_ header: BulkHeader, _ caller: Gate.Caller) throws {
        guard let (blob, audience) = served[header.blob], audience.includes(caller.sender) else {
            return try refuse(header.blob, "no such blob is served", caller.peer)
        }
        guard let request = ChunkRequest(header), blob.contains(offset: request.offset, size: Int64(request.size))
        else {
            return try refuse(header.blob, "it has no such chunk", caller.peer)
        }
        if !requests.add(request, from: caller) { drop("more gets than any credit allows") }
    }

    func refuse(_ id: String, _ reason: String, _ peer: PeerID) throws {
        // Where this does not go out, the peer asks again.
        _ = try send(BulkHeader(.refused, blob: id, reason: reason), to: peer)
    }

    private func serve(_ caller: Gate.Caller, _ request: ChunkRequest, _ ready: [Frame]?) throws -> RequestTurn {
        guard gate.admits(caller.sender) else { return .gone }
        let peer = caller.peer
        guard let blob = served[request.blob]?.blob else {
            try refuse(request.blob, "no such blob is served", peer)
            return .served
        }
        let frames: [Frame]
        do { frames = try ready ?? [Frame(peer.bytes)] + request.answer(from: blob) { try files.file($0) } } catch {
            logger.error("blob \(blob.id) cannot be served: \(error)")
            try refuse(blob.id, "\(error)", peer)
            return .served
        }
        switch try socket.send(frames) {
        case .sent, .lost:
            counters.sent.add(1, ordering: .relaxed)
            return .served
        case .full: return .blocked(frames)
        case .unreachable: return .gone
        }
    }

    private func withdraw(_ id: String) {
        guard let blob = served.removeValue(forKey: id)?.blob else { return }
        files.close(blob.paths)
    }
}
