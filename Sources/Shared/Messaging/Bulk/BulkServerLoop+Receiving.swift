internal import FarmModel
internal import FarmProtocol
internal import Foundation

/// Taking the blobs that peers offer.
extension BulkServerLoop {
    func takeOffer(_ header: BulkHeader, _ caller: Gate.Caller, _ now: ContinuousClock.Instant) throws {
        let peer = caller.peer
        guard let expectation = expected[header.blob], expectation.terms.audience.includes(caller.sender) else {
            return try refuse(header.blob, "nobody expects it; its lease may have lapsed", peer)
        }
        guard let blob = BlobReference(offered: header) else {
            return try reject(header.blob, "the offer names no size or no SHA-256", peer)
        }
        expectation.lastUse = now
        if let fault = expectation.fault(of: blob) { return try reject(blob.id, fault, peer) }
        switch expectation.state {
        case .waiting where heldBack != nil:
            _ = try send(BulkHeader(.refused, blob: blob.id, reason: heldBack, later: true), to: peer)
        case .waiting: begin(blob, expectation, caller, now)
        case .receiving(let transfer, _) where transfer.isFinishing && blob == transfer.blob:
            expectation.state = .receiving(transfer, from: caller)  // The answer is on its way.
            try hearten(blob.id, peer)
        case .receiving(let transfer, let sender) where !transfer.isFinishing:
            try takeOffer(again: blob, transfer, sender, expectation, caller, now)
        case .done(blob): _ = try send(BulkHeader(.received, blob: blob.id), to: peer)
        case .receiving, .done: try refuse(blob.id, "another blob of that name was received before", peer)
        }
    }

    /// An offer of a blob that is on its way already. The sender's own, over the same connection, is mere impatience:
    /// nothing was lost, and it hears that it was heard. Another's counts only when the first has gone or fallen silent; it
    /// goes on from what is there.
    private func takeOffer(
        again blob: BlobReference, _ transfer: Transfer, _ sender: Gate.Caller?, _ expectation: Expectation,
        _ caller: Gate.Caller, _ now: ContinuousClock.Instant
    ) throws {
        let isSame = caller.peer == sender?.peer
        if isSame, blob == transfer.blob { return try hearten(blob.id, caller.peer) }
        guard try isSame || hasGone(sender, transfer) || transfer.isSilent(now) else {
            return try hearten(blob.id, caller.peer)
        }
        guard blob == transfer.blob else {
            expectation.abandon()
            return begin(blob, expectation, caller, now)
        }
        transfer.forgetAsked()
        try ask(transfer, expectation, caller, now)
    }

    /// Hashing what is there, and making what came durable, take their time: a `get` of nothing says that they go on.
    private func hearten(_ id: String, _ peer: PeerID) throws {
        _ = try send(BulkHeader(.get, blob: id, offset: 0, size: 0), to: peer)
    }

    private func hasGone(_ sender: Gate.Caller?, _ transfer: Transfer) throws -> Bool {
        guard let sender else { return true }
        // A `get` of nothing: it asks for no byte twice.
        return try send(BulkHeader(.get, blob: transfer.blob.id, offset: 0, size: 0), to: sender.peer) == .unreachable
    }

    private func begin(
        _ blob: BlobReference, _ expectation: Expectation, _ caller: Gate.Caller, _ now: ContinuousClock.Instant
    ) {
        // Two writers of one file would spoil it; whoever offers will offer again.
        guard !expected.isWriting(expectation.destination) else { return }
        let intake = desk.open(
            blob, expectation.destination, isDurable: true, isResumable: expectation.isResumable)
        expectation.state = .receiving(Transfer(blob, intake, timing, now), from: caller)
    }

    func takeData(
        _ header: BulkHeader, _ payload: Frame, _ caller: Gate.Caller, _ now: ContinuousClock.Instant
    ) throws {
        guard let expectation = expected[header.blob], case .receiving(let transfer, let sender?) = expectation.state,
            sender.peer == caller.peer
        else {
            return drop("data of \(harmless(header.blob)), which was not asked for")
        }
        if !transfer.take(header, payload, now) { drop("a chunk that was not asked for") }
    }

    /// What became of a file. Of one that nobody wants any more nothing is told.
    func take(_ outcome: Intake.Outcome, _ now: ContinuousClock.Instant) throws {
        let id = outcome.blob
        guard let expectation = expected[id], case .receiving(let transfer, let sender) = expectation.state,
            transfer.intake.ticket == outcome.ticket
        else { return }
        switch transfer.heed(outcome.report) {
        case .ask: if let sender { try ask(transfer, expectation, sender, now) }
        case .published:
            expectation.state = .done(transfer.blob)
            inbox.push(.received(transfer.blob))
            if let sender { _ = try send(BulkHeader(.received, blob: id), to: sender.peer) }
        case .failed(let error):
            expectation.abandon()
            try fail(id, error, sender)
        }
    }

    private func fail(_ id: String, _ error: any Error, _ sender: Gate.Caller?) throws {
        let isFull = (error as? MessagingError)?.isForWantOfSpace ?? false
        inbox.push(isFull ? .noSpace(id: id, reason: error.reason) : .refused(id: id, reason: error.reason))
        if let sender { try refuse(id, error.reason, sender.peer) }
    }

    /// The sender cannot read what it offered.
    func takeRefusal(_ header: BulkHeader, _ caller: Gate.Caller) throws {
        guard let expectation = expected[header.blob], case .receiving(let transfer, let sender?) = expectation.state,
            sender.peer == caller.peer, !transfer.isFinishing
        else {
            return drop("a refusal of \(harmless(header.blob)), which was not asked for")
        }
        expectation.abandon()
        inbox.push(.refused(id: header.blob, reason: harmless(header.reason ?? "the sender gave no reason")))
    }

    func expect(_ id: String, _ terms: Expectation.Terms) {
        if let known = expected[id], known.terms == terms, known.transfer != nil { return }
        expected[id]?.abandon()
        expected.add(Expectation(terms), for: id)
    }

    func unexpect(_ id: String, _ discarding: Bool, _ keeping: Bool) {
        guard let expectation = expected.remove(id) else { return }
        expectation.abandon(leaving: keeping ? .published : .nothing)
        if discarding, expectation.isResumable { desk.removePart(of: expectation.destination) }
    }

    /// Asks again for what silent senders owe.
    func remind(_ now: ContinuousClock.Instant) throws {
        for expectation in expected.values {
            guard case .receiving(let transfer, let sender?) = expectation.state, let due = transfer.reminder,
                now >= due
            else { continue }
            try transfer.remind(now) { _ = try send($0, to: sender.peer) }
            try ask(transfer, expectation, sender, now)
        }
    }

    /// Asks senders whose connections were full.
    func askUnasked(_ now: ContinuousClock.Instant) throws {
        for id in unasked {
            guard let expectation = expected[id], case .receiving(let transfer, let sender?) = expectation.state else {
                unasked.remove(id)
                continue
            }
            try ask(transfer, expectation, sender, now)
        }
    }

    /// Resumable transfers that nobody goes on with keep no file open, and are not waited for for ever.
    func letGoOfIdle(_ now: ContinuousClock.Instant) {
        for (id, expectation) in expected.resumable {
            if let transfer = expectation.transfer {
                if transfer.isIdle(now, for: timing.idle) {
                    expectation.abandon()
                    expectation.lastUse = now
                }
            } else if now - expectation.lastUse >= timing.forget {
                expected.remove(id)
            }
        }
    }

    /// What a revoked peer has delivered so far stays: whoever offers the same bytes goes on from there.
    func letGoOfRevoked() {
        for expectation in expected.values {
            guard case .receiving(let transfer, let sender?) = expectation.state, !gate.admits(sender.sender) else {
                continue
            }
            expectation.state = .receiving(transfer, from: nil)
        }
    }

    private func reject(_ id: String, _ reason: String, _ peer: PeerID) throws {
        inbox.push(.refused(id: id, reason: reason))
        try refuse(id, reason, peer)
    }

    private func ask(
        _ transfer: Transfer, _ expectation: Expectation, _ caller: Gate.Caller, _ now: ContinuousClock.Instant
    ) throws {
        var isThere = true
        let isAsked = try transfer.ask(now) { header in
            switch try send(header, to: caller.peer) {
            case .sent, .lost: return true
            case .full: return false
            case .unreachable:
                isThere = false
                return true
            }
        }
        // Chunks on their way to that peer fill its connection: it is asked as soon as there is room.
        if isAsked || !isThere { unasked.remove(transfer.blob.id) } else { unasked.insert(transfer.blob.id) }
        expectation.state = .receiving(transfer, from: isThere ? caller : nil)
        counters.notePeak(transfer.window.outstanding)
    }
}

extension BlobReference {
    /// nil where an offer lacks what it must have.
    fileprivate init?(offered header: BulkHeader) {
        guard let size = header.size, size >= 0, let sha256 = header.sha256, sha256.utf8.count == 64,
            sha256.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.init(id: header.blob, size: size, sha256: sha256)
    }
}
