import FarmModel
import Foundation
import Inference

@testable import WorkerCore

/// A recipe and orders for parts that look at neither files nor pixels.
enum StandIn {
    static let format = PictureFormat(
        width: 8, height: 8, layout: PixelLayout(family: .gray, bitDepth: 8), color: ColorDescription())

    static func order(_ index: Int, frames: Int = 8, overlap: Int = 0, batch: Int = 4) -> SegmentOrder {
        let range = FrameRange(index * frames, (index + 1) * frames)
        let context = range.widened(by: overlap, within: FrameRange(0, 1000))
        let attempt = AttemptID(segment: SegmentID(job: JobID("test"), index: index), number: 1)
        let task = SegmentTask(
            attempt: attempt, range: range, context: context, timestamps: (context.first..<context.end).map(Int64.init),
            recipe: recipe(batch: batch), input: BlobReference(id: "in", size: 0, sha256: ""))
        return SegmentOrder(task: task, inputPath: "", outputPath: "", modelPath: nil)
    }

    static func recipe(batch: Int) -> Recipe {
        let description = ModelDescription(
            name: "stand-in", scale: 1, receptiveRadius: 0, licence: "", source: "", sourceSHA256: "")
        return Recipe(
            source: VideoStream(
                parameters: CodecParameters(codec: "none", width: 8, height: 8), timeBase: Rational(1, 24),
                frameRate: Rational(24, 1)),
            input: format, model: ModelReference(description: description, sha256: nil, path: nil), scale: 1,
            overlap: 0,
            temporalBlend: 0,
            encoding: EncodingSettings(
                codec: .ffv1, encoder: "none", crf: 0, preset: nil, parameters: [], picture: format,
                sampleAspectRatio: Rational(1, 1), timeBase: Rational(1, 24), frameRate: Rational(24, 1),
                keyframeInterval: 1), execution: ExecutionShape(tile: 0, batch: batch, precision: .fp32))
    }

    static func parts(
        source: @escaping @Sendable (SegmentOrder) throws -> any PictureSource = { StandInSource($0.task.context) },
        upscaler: @escaping @Sendable (SegmentOrder) throws -> any PictureUpscaler = { StandInUpscaler($0) },
        sink: @escaping @Sendable (SegmentOrder) throws -> any PictureSink = { _ in StandInSink() }
    ) -> PipelineParts {
        PipelineParts(source: source, upscaler: upscaler, sink: sink) { order, _ in
            BlobReference(id: "\(order.task.attempt)", size: 0, sha256: "")
        }
    }
}

final class StandInSource: PictureSource {
    private var numbers: Range<Int>
    private let before: (Int) throws -> Void
    private(set) var missing: [Int] = []
    let damaged: [Int] = []

    /// - Parameter before: called before each picture; what it throws ends the source.
    init(_ range: FrameRange, missing: [Int] = [], before: @escaping (Int) throws -> Void = { _ in }) {
        numbers = range.first..<range.end
        self.before = before
        self.missing = missing
    }

    func next() throws -> (number: Int, picture: any PlanarPicture)? {
        while let number = numbers.popFirst() {
            if missing.contains(number) { continue }
            try before(number)
            return (number, PictureBuffer(format: StandIn.format))
        }
        return nil
    }
}

final class StandInUpscaler: PictureUpscaler {
    let output = StandIn.format
    let batch: Int
    private let before: ([Int]) throws -> Void

    init(_ order: SegmentOrder, before: @escaping ([Int]) throws -> Void = { _ in }) {
        batch = order.task.recipe.execution?.batch ?? 1
        self.before = before
    }

    func take(_ pictures: [any PlanarPicture], numbers: [Int]) throws -> [Numbered] {
        try before(numbers)
        return numbers.map { ($0, PictureBuffer(format: output)) }
    }

    func finish() -> [Numbered] { [] }
}

final class StandInSink: PictureSink {
    private let before: (Int) throws -> Void
    private let finished: () -> Void

    init(before: @escaping (Int) throws -> Void = { _ in }, finished: @escaping () -> Void = {}) {
        self.before = before
        self.finished = finished
    }

    func write(_ picture: any PlanarPicture, number: Int) throws { try before(number) }
    func finish() { finished() }
}

struct Broken: Error, CustomStringConvertible {
    let description: String
}
