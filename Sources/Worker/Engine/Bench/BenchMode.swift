public import FarmModel
import Foundation
public import Inference
public import Machine
import Synchronization

/// What `worker bench` measures; each in a process of its own, for the allocator's settings hold for a whole process.
public enum BenchMode: String, CaseIterable, Sendable {
    /// The source decoded, and nothing done with its pictures.
    case decode
    /// The network by itself on pictures that are there already.
    case bare
    /// The network and the colour conversion on such pictures.
    case network
    /// The same with libtorch's convolutions, where the device is the CPU.
    case torch
    /// The network with a temporal blend behind it.
    case blend
    /// Upscaled pictures, which are there already, encoded.
    case encode
    /// decode, inference and encode at once.
    case pipeline
    /// The same with an encoder that takes no time: what the network is kept from by all that comes before it.
    case unencoded
    /// One frame at a time: decode, then infer, then encode; batch 1, no overlap of stages.
    case sequential
    /// A network that sleeps 20 ms a batch, with decode and encode that take as long: what the pipeline itself costs.
    case standIn = "stand-in"
}

/// One measurement.
public struct Bench: Sendable {
    public var film: String
    public var model: ModelReference
    public var device: Device
    public var threads: Int
    public var encoding: BenchEncoding
    public var batch: Int
    public var decoding: DecodingUnit
    /// Batches under way at once on a device; nil: as the worker has it.
    public var underWay: Int?
    /// Takes a Chrome trace of two seconds of the device's work, when a pipeline's first segment is done.
    public var trace: String?

    public init(
        film: String, model: ModelReference, device: Device, threads: Int, encoding: BenchEncoding = BenchEncoding(),
        batch: Int,
        decoding: DecodingUnit = .cpu
    ) {
        self.film = film
        self.model = model
        self.device = device
        self.threads = threads
        self.encoding = encoding
        self.batch = batch
        self.decoding = decoding
    }

    /// Blocks: give it a thread of its own.
    public func run(_ mode: BenchMode) throws -> BenchResult {
        if mode == .standIn { return StandInBench.run() }
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "upscale-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        // What runs alone goes on with one segment for as long as the film is.
        let isAlone = [.bare, .network, .torch, .blend].contains(mode)
        let film = try BenchFilm(
            film: film, model: model, encoding: encoding, batch: mode == .sequential ? 1 : batch,
            segments: isAlone ? 1 : device == .cpu ? 3 : 6,
            longest: mode == .encode ? Self.mostEncoded : .max, blendRadius: mode == .blend ? Self.blendRadius : 0,
            cpuEngine: mode == .torch ? .torch : .auto,
            directory: directory.path)
        let parts = PipelineParts.real(device: device, threads: threads, decoding: decoding, underWay: underWay) {
            text in
            // Once, and nothing but where pictures come from.
            if mode == .decode { try? FileHandle.standardError.write(contentsOf: Data("\(text)\n".utf8)) }
        }
        switch mode {
        case .decode: return try decode(film, parts)
        case .bare: return try bare(film, parts)
        case .network, .torch, .blend: return try network(film, parts)
        case .encode: return try encode(film, parts)
        case .pipeline:
            return try PipelineRun.measure(film.orders, parts: parts, depth: 16, decodesAhead: device != .cpu)
        case .unencoded:
            guard let trace else {
                return try PipelineRun.measure(
                    film.orders, parts: parts.unencoded, depth: 16, decodesAhead: device != .cpu)
            }
            return try traced(film, parts.unencoded, to: trace)
        default: return try sequential(film, parts)
        }
    }

    /// Of what is measured against the network alone.
    static var blendRadius: Int { 2 }
    /// That are kept in memory to be worked on. A device is through with few before it has begun in earnest.
    var mostPictures: Int { device == .cpu ? 48 : 240 }
    /// Upscaled pictures that are kept in memory: they are larger.
    static var mostEncoded: Int { 48 }
}
