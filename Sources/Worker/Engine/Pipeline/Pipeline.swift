public import EngineProtocol
public import FarmModel
internal import Foundation
internal import Synchronization

/// What the pipeline says about its segments.
public enum PipelineEvent: Sendable {
    /// Some stage moved on; `frames` of the segment are encoded.
    case progress(AttemptID, frames: Int)
    case finished(SegmentResult)
    case failed(AttemptID, any Error)
}

/// open → decode → upscale → encode → verify, a thread each, with bounded queues between them.
///
/// Segments follow one another without a gap: while one is being encoded the next is already being decoded, so the
/// device never waits for a segment's border (P9).
public final class Pipeline: Sendable {
    private let orders = BoundedQueue<SegmentRun>(capacity: 8)
    private let runs = RunRegistry()
    private let events: @Sendable (PipelineEvent) -> Void

    /// Starts the threads.
    /// - Parameters:
    ///   - depth: pictures that a queue holds beside the ones being worked on; at least a batch.
    ///   - decodesAhead: lets more pictures wait where they are small: a device is through with few while another decoder is being opened.
    ///   - events: called from the pipeline's threads.
    public init(
        parts: PipelineParts, depth: Int, decodesAhead: Bool = false,
        events: @escaping @Sendable (PipelineEvent) -> Void
    ) {
        self.events = events
        let spare = BoundedQueue<StageItem>.Spare(most: 4 * depth, limit: Self.decodedAhead, weigh: \StageItem.bytes)
        let decoded = BoundedQueue<StageItem>(capacity: depth, spare: decodesAhead ? spare : nil)
        let upscaled = BoundedQueue<StageItem>(capacity: depth)
        let encoded = BoundedQueue<SegmentRun>(capacity: 4)
        let moved: @Sendable (SegmentRun) -> Void = { events(.progress($0.attempt, frames: $0.emitted)) }
        let opened = BoundedQueue<OpenedSegment>(capacity: 1)
        let open = OpenStage(input: orders, output: opened, open: parts.source)
        let decode = DecodeStage(input: opened, output: decoded, moved: moved)
        let inference = InferenceStage(input: decoded, output: upscaled, make: parts.upscaler, moved: moved)
        let encode = EncodeStage(input: upscaled, output: encoded, open: parts.sink, moved: moved)
        let verify = VerifyStage(
            input: encoded, verify: parts.verify,
            done: { [runs] in
                runs.remove($0)
                events($1)
            })
        Self.thread("open") { open.run() }
        Self.thread("decode") { decode.run() }
        Self.thread("inference") { inference.run() }
        Self.thread("encode") { encode.run() }
        Self.thread("verify") { verify.run() }
    }

    /// Bytes of pictures that are decoded ahead beyond the queue's depth.
    private static let decodedAhead = 256 << 20

    /// Queues a segment behind those already given.
    public func submit(_ order: SegmentOrder) {
        let run = SegmentRun(order)
        runs.add(run)
        _ = orders.push(run)
    }

    /// Stops a segment wherever it is; it ends with `.failed`.
    public func cancel(_ attempt: AttemptID) {
        runs.find(attempt)?.fail(AttemptCancelled())
    }

    /// Lets what was submitted run to its end, then the threads.
    public func close() { orders.close() }

    /// Codec libraries and libtorch block: each stage has a thread of its own, with a stack that suits them.
    static func thread(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let body = Held(body)
        let thread = Thread {
            // What a stage holds goes with its last line, and not with `Thread`: that goes when the thread's own variables are gone, which
            // libtorch needs to give a device's memory back.
            body.take()?()
        }
        thread.name = name
        thread.stackSize = 16 << 20
        thread.start()
    }
}

/// What passes between stages.
enum StageItem: Sendable {
    case picture(SegmentRun, number: Int, any PlanarPicture)
    /// No more pictures of this segment.
    case end(SegmentRun)

    /// Of its picture's planes.
    var bytes: Int {
        guard case .picture(_, _, let picture) = self else { return 0 }
        let layout = picture.format.layout
        return (0..<layout.planeCount).reduce(0) { sum, index in
            let size = picture.format.planeSize(index)
            return sum + size.width * size.height * layout.bytesPerSample
        }
    }
}

/// A closure that is given out once, and kept no longer.
private final class Held: Sendable {
    private let body: Mutex<(@Sendable () -> Void)?>

    init(_ body: @escaping @Sendable () -> Void) { self.body = Mutex(body) }

    func take() -> (@Sendable () -> Void)? {
        body.withLock { body in
            defer { body = nil }
            return body
        }
    }
}
