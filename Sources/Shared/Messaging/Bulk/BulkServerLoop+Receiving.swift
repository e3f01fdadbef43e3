internal import FarmModel
internal import FarmProtocol
internal import Foundation

/// Taking the blobs that peers offer.
extension BulkServerLoop {
    func takeOffer(_ header: BulkHeader, _ caller: Gate.Caller, _ now: ContinuousClock.Instant) throws {
        let peer = caller.peer
        guard let expectation = expected[header.blob], expectation.audience.includes(caller.sender) else {
            return try refuse(header.blob, "nobody expects it; its lease may have lapsed", peer)
        }
        guard let blob = BlobReference(offered: header) else {
            return try reject(header.blob, "the offer names no size or no SHA-256", peer)
        }
        guard blob.size <= expectation.limit else {
            return try reject(blob.id, "\(blob.size) bytes are more than the \(expectation.limit) allowed", peer)
        }
        switch expectation.state {
        case .waiting: try begin(blob, expectation, caller, now)
        case .receiving(let transfer, let sender):
            try takeOffer(again: blob, transfer, sender, expectation, caller, now)
        case .publishing(blob): break  // The answer is on its way.
        case .done(blob): _ = try send(BulkHeader(.received, blob: blob.id), to: peer)
        case .publishing, .done: try refuse(blob.id, "another blob of that name was received before", peer)
        }
    }

    /// An offer of a blob that is on its way already. The sender's own, over the same connection, is mere impatience:
    /// nothing was lost. Another's counts only when the first has gone or fallen silent; it goes on from what is there.
    private func takeOffer(
        again blob: BlobReference, _ transfer: Transfer, _ sender: Gate.Caller?, _ expectation: Expectation,
        _ caller: Gate.Caller, _ now: ContinuousClock.Instant
    ) throws {
        let isSame = caller.peer == sender?.peer
        if isSame, blob == transfer.blob { return }
        guard try isSame || hasGone(sender, transfer) || now - transfer.lastMove >= timing.retry else { return }
        guard blob == transfer.blob else {
            expectation.discard()
            return try begin(blob, expectation, caller, now)
        }
        transfer.forgetAsked()
        try ask(transfer, expectation, caller, now)
    }

    private func hasGone(_ sender: Gate.Caller?, _ transfer: Transfer) throws -> Bool {
        guard let sender, let probe = transfer.probe else { return true }
        return try send(probe, to: sender.peer) == .unreachable
    }

    private func begin(
        _ blob: BlobReference, _ expectation: Expectation, _ caller: Gate.Caller, _ now: ContinuousClock.Instant
    ) throws {
        // Two writers of one file would spoil it; whoever offers will offer again.
        guard !isBeingWritten(expectation.destination) else { return }
        do {
            let file = try IncomingFile(destination: expectation.destination, isDurable: true)
            try ask(Transfer(blob, file, timing, now), expectation, caller, now)
        } catch let error as MessagingError {
            try reject(blob.id, "\(error)", caller.peer)
        }
    }

    private func isBeingWritten(_ destination: String) -> Bool {
        publishing.values.contains { $0.expectation.destination == destination }
            || expected.values.contains { $0.destination == destination && $0.isReceiving }
    }

    func takeData(
        _ header: BulkHeader, _ payload: Frame, _ caller: Gate.Caller, _ now: ContinuousClock.Instant
    ) throws {
        guard let expectation = expected[header.blob], case .receiving(let transfer, let sender?) = expectation.state,
            sender.peer == caller.peer
        else {
            return drop("data of \(harmless(header.blob)), which was not asked for")
        }
        do {
            guard try transfer.take(header, payload, now) else { return drop("a chunk that was not asked for") }
            guard transfer.isComplete else { return try ask(transfer, expectation, caller, now) }
            publishing[publisher.publish(try transfer.verified())] = (expectation, transfer.blob, caller)
            expectation.state = .publishing(transfer.blob)
        } catch let error as MessagingError {
            expectation.discard()
            return try reject(header.blob, "\(error)", caller.peer)
        }
    }

    func take(_ outcome: Publisher.Outcome) throws {
        guard let (expectation, blob, caller) = publishing.removeValue(forKey: outcome.ticket) else { return }
        guard expected[blob.id] === expectation else {
            // Nobody wants it any more, unless another now uses the same name.
            let isReused = expected.values.contains { $0.destination == expectation.destination }
            if outcome.error == nil, !isReused { unlink(expectation.destination) }
            return
        }
        if let error = outcome.error {
            expectation.state = .waiting
            return try reject(blob.id, "\(error)", caller.peer)
        }
        expectation.state = .done(blob)
        inbox.push(.received(blob))
        _ = try send(BulkHeader(.received, blob: blob.id), to: caller.peer)
    }

    /// The sender cannot read what it offered.
    func takeRefusal(_ header: BulkHeader, _ caller: Gate.Caller) throws {
        guard let expectation = expected[header.blob], case .receiving(_, let sender?) = expectation.state,
            sender.peer == caller.peer
        else {
            return drop("a refusal of \(harmless(header.blob)), which was not asked for")
        }
        expectation.discard()
        inbox.push(.refused(id: header.blob, reason: harmless(header.reason ?? "the sender gave no reason")))
    }

    /// Asks again for what silent senders owe.
    func remind(_ now: ContinuousClock.Instant) throws {
        for expectation in expected.values {
            guard case .receiving(let transfer, let sender?) = expectation.state, now >= transfer.reminder else {
                continue
            }
            transfer.forgetAskedAfterSilence()
            try ask(transfer, expectation, sender, now)
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
        try transfer.ask(now) { header in
            if try send(header, to: caller.peer) == .unreachable { isThere = false }
        }
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
