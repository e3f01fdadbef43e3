import FarmModel
import FarmProtocol
import Foundation

/// Its segments on their way.
extension LightWorker {
    /// The current lease is through; the next one begins while its bytes go out.
    func deliver(_ now: Double) throws {
        let task = waiting.removeFirst()
        let (bytes, reference) = try floor.gray.segment(for: task)
        let result = SegmentResult(
            attempt: task.attempt, output: reference, frames: task.range.count, missing: [], stages: StageTimes())
        deliveries[task.attempt] = Delivery(bytes: bytes, result: result, offered: now)
        try offer(reference)
        begin(now)
    }

    func offer(_ blob: BlobReference) throws {
        try bulk.send([BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()])
    }

    func hearBulk(_ frames: [Data], _ now: Double) throws {
        guard let data = frames.first else { return }
        let header = try BulkHeader(decoding: data)
        guard let attempt = deliveries.keys.first(where: { Wire.encodedBlob($0) == header.blob }),
            let delivery = deliveries[attempt]
        else { return }
        switch header.type {
        case .get:
            let offset = Int(header.offset ?? 0)
            let chunk = delivery.bytes.dropFirst(offset).prefix(Int(header.size ?? 0))
            try bulk.send([BulkHeader(.data, blob: header.blob, offset: Int64(offset)).encoded(), Data(chunk)])
        case .received where delivery.told == nil:
            floor.note { $0.deliver.append((now - delivery.offered) * 1000) }
            deliveries[attempt]?.told = now
            emptied.append(now)
            try say(.result(delivery.result))
        case .refused:
            floor.note { $0.refused += 1 }
            let reason = "the bytes were refused: \(header.reason ?? "")"
            try say(
                .failure(AttemptFailure(attempt: attempt, job: attempt.segment.job, reason: reason, crashed: false)))
            forget(attempt, now)
        default: break
        }
    }
}
