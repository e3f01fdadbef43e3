internal import FarmModel
internal import FarmProtocol
internal import Foundation

/// A blob that is being fetched.
final class Fetch {
    let transfer: Transfer
    let path: String
    let completion: Completion

    init(_ transfer: Transfer, _ path: String, _ completion: Completion) {
        self.transfer = transfer
        self.path = path
        self.completion = completion
    }
}

extension BulkClientLoop {
    func begin(fetch blob: BlobReference, to path: String, _ completion: Completion) throws {
        guard fetches[blob.id] == nil else {
            return completion.fail(MessagingError.blob(id: blob.id, reason: "it is being fetched already"))
        }
        guard !fetches.values.contains(where: { $0.path == path }) else {
            return completion.fail(MessagingError.blob(id: blob.id, reason: "\(path) is being written already"))
        }
        guard blob.size >= 0 else {
            return completion.fail(MessagingError.blob(id: blob.id, reason: "a size of \(blob.size) bytes cannot be"))
        }
        do {
            let file = try IncomingFile(destination: path, isDurable: false)
            let fetch = Fetch(Transfer(blob, file, timing, .now), path, completion)
            fetches[blob.id] = fetch
            try ask(fetch, .now)
        } catch let error as MessagingError where fetches[blob.id] == nil {
            completion.fail(error)
        }
    }

    func ask(_ fetch: Fetch, _ now: ContinuousClock.Instant) throws {
        try fetch.transfer.ask(now) { try send($0) }
        counters.notePeak(fetch.transfer.window.outstanding)
    }

    func takeData(_ header: BulkHeader, _ payload: Frame, _ now: ContinuousClock.Instant) throws {
        guard let fetch = fetches[header.blob] else {
            return drop("data of \(harmless(header.blob)), which was not asked for")
        }
        do {
            guard try fetch.transfer.take(header, payload, now) else { return drop("a chunk that was not asked for") }
            guard fetch.transfer.isComplete else { return try ask(fetch, now) }
            try fetch.transfer.verified().publish()
            end(fetch, nil)
        } catch let error as MessagingError {
            end(fetch, error)
        }
    }

    func end(_ fetch: Fetch, _ error: (any Error)?) {
        fetches[fetch.transfer.blob.id] = nil
        fetch.transfer.discard()
        if let error { fetch.completion.fail(error) } else { fetch.completion.succeed() }
    }
}
