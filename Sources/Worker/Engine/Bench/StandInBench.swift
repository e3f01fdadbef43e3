import EngineProtocol
import FarmModel
import Foundation
import Inference
import Processes

/// The pipeline with parts of known speed: all that is lost against the device's rate is the pipeline's own fault.
enum StandInBench {
    static let batch = 4
    static let batchSeconds = 0.02
    static let segments = 20
    static let framesPerSegment = 40

    static func run() -> BenchResult {
        let alone = deviceAlone()
        let parts = PipelineParts(
            source: { SleepingSource($0.task.range) }, upscaler: { _ in SleepingUpscaler() },
            sink: { _ in SleepingSink() },
            verify: { order, _ in BlobReference(id: "\(order.task.attempt)", size: 0, sha256: "") })
        let orders = (0..<segments).map { order($0) }
        // Stand-ins do not fail.
        var result =
            (try? PipelineRun.measure(orders, parts: parts, depth: 4 * batch))
            ?? BenchResult(frames: 0, seconds: 0, stages: StageTimes())
        result.deviceAlone = alone
        return result
    }

    /// Frames per second of the stand-in network with nothing around it: a sleep takes a little longer than it is told to.
    private static func deviceAlone() -> Double {
        let upscaler = SleepingUpscaler()
        let batches = segments * framesPerSegment / batch
        let start = Clock.seconds
        for _ in 0..<batches { _ = upscaler.take([], numbers: []) }
        return Double(batches * batch) / (Clock.seconds - start)
    }

    private static func order(_ index: Int) -> SegmentOrder {
        let range = FrameRange(index * framesPerSegment, (index + 1) * framesPerSegment)
        let attempt = AttemptID(segment: SegmentID(job: JobID("bench"), index: index), number: 1)
        let task = SegmentTask(
            attempt: attempt, range: range, context: range, timestamps: (range.first..<range.end).map(Int64.init),
            recipe: recipe, input: BlobReference(id: "", size: 0, sha256: ""))
        return SegmentOrder(task: task, inputPath: "", outputPath: "", modelPath: nil)
    }

    static let format = PictureFormat(
        width: 16, height: 16, layout: PixelLayout(family: .gray, bitDepth: 8), color: ColorDescription())

    private static let recipe = Recipe(
        source: VideoStream(
            parameters: CodecParameters(codec: "none", width: 16, height: 16), timeBase: Rational(1, 24),
            frameRate: Rational(24, 1)),
        input: format,
        model: ModelReference(
            description: ModelDescription(
                name: "stand-in", scale: 1, receptiveRadius: 0, licence: "", source: "", sourceSHA256: ""), sha256: nil,
            path: nil),
        scale: 1, overlap: 0, temporalBlend: 0,
        encoding: EncodingSettings(
            codec: .ffv1, encoder: "none", crf: 0, preset: nil, parameters: [], picture: format,
            sampleAspectRatio: Rational(1, 1), timeBase: Rational(1, 24), frameRate: Rational(24, 1),
            keyframeInterval: 1),
        execution: ExecutionShape(tile: 0, batch: batch, precision: .fp32))

    /// As long as a batch takes, once a batch: decode and encode are as fast as the network, and no faster.
    static func sleepOnceABatch(_ number: Int) {
        if number % batch == 0 { Thread.sleep(forTimeInterval: batchSeconds) }
    }
}

private final class SleepingSource: PictureSource {
    private var numbers: Range<Int>
    let missing: [Int] = []
    let damaged: [Int] = []

    init(_ range: FrameRange) { numbers = range.first..<range.end }

    func next() -> (number: Int, picture: any PlanarPicture)? {
        guard let number = numbers.popFirst() else { return nil }
        StandInBench.sleepOnceABatch(number)
        return (number, PictureBuffer(format: StandInBench.format))
    }
}

private final class SleepingUpscaler: PictureUpscaler {
    let output = StandInBench.format
    let batch = StandInBench.batch

    func take(_ pictures: [any PlanarPicture], numbers: [Int]) -> [Numbered] {
        Thread.sleep(forTimeInterval: StandInBench.batchSeconds)
        return numbers.map { ($0, PictureBuffer(format: output)) }
    }

    func finish(_ give: ([Numbered]) throws -> Void) {}
}

private final class SleepingSink: PictureSink {
    func write(_ picture: any PlanarPicture, number: Int) { StandInBench.sleepOnceABatch(number) }
    func finish() {}
}
