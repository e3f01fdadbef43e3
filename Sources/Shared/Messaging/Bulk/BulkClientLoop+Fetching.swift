internal import FarmModel
internal import FarmProtocol
internal import Foundation

/// A blob that is being fetched.
final class Fetch {
    let transfer: Transfer
    let path: String
    let terms: TransferTerms
    let completion: Completion
    /// More could be asked for, were there room in the connection.
    var isUnasked = false

    init(_ transfer: Transfer, _ path: String, _ terms: TransferTerms, _ completion: Completion) {
        self.transfer = transfer
        self.path = path
        self.terms = terms
        self.completion = completion
    }
}

extension BulkClientLoop {
    func begin(fetch blob: BlobReference, to path: String, _ terms: TransferTerms, _ completion: Completion) {
        guard fetches[blob.id] == nil else {
            return completion.fail(MessagingError.blob(id: blob.id, reason: "it is being fetched already"))
        }
        guard !fetches.values.contains(where: { $0.path == path }) else {
            return completion.fail(MessagingError.blob(id: blob.id, reason: "\(path) is being written already"))
        }
        guard blob.size >= 0 else {
            return completion.fail(MessagingError.blob(id: blob.id, reason: "a size of \(blob.size) bytes cannot be"))
        }
        let intake = desk.open(blob, path, isDurable: terms.isResumable, isResumable: terms.isResumable)
        fetches[blob.id] = Fetch(Transfer(blob, intake, timing, .now), path, terms, completion)
    }

    func ask(_ fetch: Fetch, _ now: ContinuousClock.Instant) throws {
        // Where no connection stands, all is asked for again when the next one does.
        fetch.isUnasked = try !fetch.transfer.ask(now) { try send($0) || !link.isConnected }
        counters.notePeak(fetch.transfer.window.outstanding)
    }

    func takeData(_ header: BulkHeader, _ payload: Frame, _ now: ContinuousClock.Instant) {
        guard let fetch = fetches[header.blob] else {
            return drop("data of \(harmless(header.blob)), which was not asked for")
        }
        if !fetch.transfer.take(header, payload, now) { drop("a chunk that was not asked for") }
    }

    /// What became of a file.
    func take(_ outcome: Intake.Outcome, _ now: ContinuousClock.Instant) throws {
        guard let fetch = fetches[outcome.blob], fetch.transfer.intake.ticket == outcome.ticket else { return }
        switch fetch.transfer.heed(outcome.report) {
        case .ask:
            fetch.terms.progress?(fetch.transfer.done, fetch.transfer.blob.size)
            try ask(fetch, now)
        case .published:
            fetches[outcome.blob] = nil
            fetch.terms.progress?(fetch.transfer.blob.size, fetch.transfer.blob.size)
            fetch.completion.succeed()
        case .failed(let error): end(fetch, error)
        }
    }

    /// What has arrived is given up, or left for another time, before anyone hears of the end.
    func end(_ fetch: Fetch, _ error: any Error) {
        fetches[fetch.transfer.blob.id] = nil
        fetch.transfer.intake.abandon(leaving: fetch.terms.isResumable ? .part : .nothing) {
            [completion = fetch.completion] in
            completion.fail(error)
        }
    }
}
