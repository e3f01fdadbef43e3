internal import FarmModel
internal import FarmProtocol
internal import Foundation

/// A blob that is being delivered.
final class Delivery {
    let reference: BlobReference
    let blob: SlicedBlob
    let file: ReadableFile
    let terms: TransferTerms
    let completion: Completion
    /// When the server last said anything about it.
    var lastSign: ContinuousClock.Instant
    var lastOffer: ContinuousClock.Instant

    init(_ reference: BlobReference, _ path: String, _ terms: TransferTerms, _ completion: Completion) throws {
        self.reference = reference
        self.terms = terms
        self.completion = completion
        file = try ReadableFile(path)
        let size = try file.size()
        guard size == reference.size else {
            throw MessagingError.blob(id: reference.id, reason: "\(path) has \(size) bytes, not \(reference.size)")
        }
        blob = try SlicedBlob(id: reference.id, slices: [.file(path: path, offset: 0, length: size)])
        lastSign = .now
        lastOffer = .now
    }

    /// When a silence has lasted long enough to offer again.
    func reminder(_ timing: BulkTiming) -> ContinuousClock.Instant { max(lastOffer, lastSign) + timing.retry }
}

extension BulkClientLoop {
    func begin(
        deliver blob: BlobReference, from path: String, _ terms: TransferTerms, _ completion: Completion
    ) throws {
        guard deliveries[blob.id] == nil else {
            return completion.fail(MessagingError.blob(id: blob.id, reason: "it is being delivered already"))
        }
        let delivery: Delivery
        do { delivery = try Delivery(blob, path, terms, completion) } catch { return completion.fail(error) }
        deliveries[blob.id] = delivery
        try offer(delivery, .now)
    }

    func offer(_ delivery: Delivery, _ now: ContinuousClock.Instant) throws {
        delivery.lastOffer = now
        let blob = delivery.reference
        try send(BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256))
    }

    func takeGet(_ header: BulkHeader, _ now: ContinuousClock.Instant) {
        guard let delivery = deliveries[header.blob] else {
            return drop("a get of \(harmless(header.blob)), which was not offered")
        }
        guard let request = ChunkRequest(header),
            delivery.blob.contains(offset: request.offset, size: Int64(request.size))
        else { return drop("a get beyond \(harmless(header.blob))") }
        delivery.lastSign = now
        // Of a blob that is not empty, nothing is asked for to say that the server is busy with it; and what waits to be
        // sent is not sent twice.
        let isSignOnly = request.size == 0 && delivery.reference.size > 0
        guard !isSignOnly, !requests.contains(request) else { return }
        guard requests.count < 2 * Wire.creditWindow * deliveries.count else {
            return drop("more gets than any credit allows")
        }
        requests.append(request)
    }

    func takeReceipt(_ header: BulkHeader) {
        guard let delivery = deliveries[header.blob] else {
            return drop("received of \(harmless(header.blob)), which is not under way")
        }
        delivery.terms.progress?(delivery.reference.size, delivery.reference.size)
        end(delivery, nil)
    }

    func end(_ delivery: Delivery, _ error: (any Error)?) {
        deliveries[delivery.reference.id] = nil
        requests.removeAll { $0.blob == delivery.reference.id }
        if let error { delivery.completion.fail(error) } else { delivery.completion.succeed() }
    }
}
