import EngineProtocol
import FarmModel
import Inference
import Processes

/// Numbered pictures in, upscaled pictures out, a batch at a time. Overlap frames end here.
struct InferenceStage: Sendable {
    let input: BoundedQueue<StageItem>
    let output: BoundedQueue<StageItem>
    let make: @Sendable (SegmentOrder) throws -> any PictureUpscaler
    let moved: @Sendable (SegmentRun) -> Void

    func run() {
        var batch = Batch()
        var starved = 0.0
        while true {
            let (item, waited) = input.pop()
            starved += waited
            switch item {
            case .picture(let segment, let number, let picture):
                segment.add(\.inference, .init(starved: starved))
                starved = 0
                segment.attempt { try take(number, picture, of: segment, into: &batch) }
            case .end(let segment):
                segment.attempt { try finish(&batch, of: segment) }
                batch = Batch()
                _ = output.push(.end(segment))
            case nil:
                output.close()
                return
            }
        }
    }

    /// The pictures of one segment that wait for the batch to fill.
    private struct Batch {
        var upscaler: (any PictureUpscaler)?
        var numbers: [Int] = []
        var pictures: [any PlanarPicture] = []
    }

    private func take(
        _ number: Int, _ picture: any PlanarPicture, of segment: SegmentRun, into batch: inout Batch
    ) throws {
        let start = Clock.seconds
        let upscaler = try batch.upscaler ?? make(segment.order)
        segment.add(\.inference, .init(busy: Clock.seconds - start))
        batch.upscaler = upscaler
        batch.numbers.append(number)
        batch.pictures.append(picture)
        if batch.numbers.count == upscaler.batch { try flush(&batch, of: segment) }
    }

    /// Upscales what has gathered; the upscaler pads a short batch to the shape that the job pinned (P2).
    private func flush(_ batch: inout Batch, of segment: SegmentRun) throws {
        guard let upscaler = batch.upscaler, !batch.numbers.isEmpty else { return }
        let (pictures, numbers) = (batch.pictures, batch.numbers)
        batch.numbers.removeAll(keepingCapacity: true)
        batch.pictures.removeAll(keepingCapacity: true)
        try pass(on: segment) { give in try give(try upscaler.take(pictures, numbers: numbers)) }
    }

    private func finish(_ batch: inout Batch, of segment: SegmentRun) throws {
        try flush(&batch, of: segment)
        if let upscaler = batch.upscaler { try pass(on: segment) { give in try upscaler.finish(give) } }
    }

    /// Hands on what `work` gives, while it goes on: what waits keeps memory that the next batch writes to.
    private func pass(
        on segment: SegmentRun, _ work: (_ give: ([PictureUpscaler.Numbered]) throws -> Void) throws -> Void
    ) throws {
        var start = Clock.seconds
        try work { upscaled in
            segment.add(\.inference, .init(busy: Clock.seconds - start))
            moved(segment)
            for (number, picture) in upscaled where segment.order.task.range.contains(number) {
                let blocked = output.push(.picture(segment, number: number, picture))
                segment.add(\.inference, .init(blocked: blocked))
            }
            start = Clock.seconds
        }
        segment.add(\.inference, .init(busy: Clock.seconds - start))
    }
}
