public import EngineProtocol
public import FarmModel

/// A recipe and orders for parts that look at neither files nor pixels.
public enum StandIn {
    public static let format = PictureFormat(
        width: 8, height: 8, layout: PixelLayout(family: .gray, bitDepth: 8), color: ColorDescription())

    public static func order(_ index: Int, frames: Int = 8, overlap: Int = 0, batch: Int = 4) -> SegmentOrder {
        let range = FrameRange(index * frames, (index + 1) * frames)
        let context = range.widened(by: overlap, within: FrameRange(0, 1000))
        let attempt = AttemptID(segment: SegmentID(job: JobID("test"), index: index), number: 1)
        let task = SegmentTask(
            attempt: attempt, range: range, context: context, timestamps: (context.first..<context.end).map(Int64.init),
            recipe: recipe(batch: batch), input: BlobReference(id: "in", size: 0, sha256: ""))
        return SegmentOrder(task: task, inputPath: "", outputPath: "", modelPath: nil)
    }

    public static func recipe(batch: Int) -> Recipe {
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
}
