import EngineProtocol
import FarmModel
import Foundation
import Media

/// A film made into segment orders without a coordinator, for benchmarks of the pipeline.
struct BenchFilm {
    let orders: [SegmentOrder]
    let frames: Int

    /// - Parameters:
    ///   - segments: about so many, of equal length.
    ///   - longest: frames that none of them has more of.
    ///   - blendRadius: of the temporal blend.
    ///   - cpuEngine: what convolutions run in.
    ///   - directory: takes the packets and the encoded segments.
    init(
        film: String, model: ModelReference, encoding: BenchEncoding, batch: Int, segments: Int, longest: Int,
        blendRadius: Int,
        cpuEngine: CPUEngine, directory: String
    ) throws {
        let store = directory + "/source.packets"
        let description = try FilmDescription.read(film)
        let table = try FilmIndexer.index(film, store: store).table
        let scale = model.description.scale
        var settings = JobSettings(scale: scale)
        try encoding.apply(to: &settings)
        let recipe = Recipe(
            source: description.video, input: description.picture, model: model, scale: scale, overlap: 0,
            temporalBlend: blendRadius,
            encoding: try EncoderCatalog.resolve(
                settings: settings, source: description.video, input: description.picture, scale: scale),
            cpuEngine: cpuEngine, execution: ExecutionShape(tile: 0, batch: batch, precision: .auto))
        let length = max(1, min((table.count + segments - 1) / segments, longest))
        frames = table.count
        orders = try table.segments(length: .frames(length)).enumerated().map { index, range in
            let input = "\(directory)/\(index).source"
            try Self.cut(store, header: table.headerSize, bytes: table.span(for: range).bytes, to: input)
            let attempt = AttemptID(segment: SegmentID(job: JobID("bench"), index: index), number: 1)
            let task = SegmentTask(
                attempt: attempt, range: range, context: range, timestamps: table.timestamps(of: range), recipe: recipe,
                input: BlobReference(id: "", size: 0, sha256: ""))
            return SegmentOrder(
                task: task, inputPath: input, outputPath: "\(directory)/\(index).encoded", modelPath: model.path)
        }
    }

    private static func cut(_ store: String, header: Int, bytes: Range<Int64>, to path: String) throws {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: store))
        defer { try? file.close() }
        var data = try file.read(upToCount: header) ?? Data()
        try file.seek(toOffset: UInt64(bytes.lowerBound))
        data.append(try file.read(upToCount: bytes.count) ?? Data())
        try data.write(to: URL(fileURLWithPath: path))
    }
}
