import ArgumentParser
import EngineCore
import FarmModel
import Foundation
import Inference
import Machine
import Models
import Program

/// `worker bench`: how fast this machine is, and where the time goes.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the network alone, the pipeline, and one frame at a time.",
        discussion: """
            Each figure is taken in a process of its own, in turns, several times; the best and the median are printed. \
            With --size instead of a film: the network by itself, in our own kernels and in libtorch's in turns, and \
            its share of what the device can do.
            """
    )

    @Option(help: "The film; a short one.")
    var film: String?

    @Option(help: "Instead of a film: the network alone, on pictures of this size, WxH.")
    var size: PictureSize?

    @Option(help: "A model's name or file.")
    var model = "realesr-animevideov3"

    @Option(parsing: .unconditional) var scale: Int?

    @Option(help: "auto, cpu, or cuda:N.")
    var device = "auto"

    @Option(help: "With a film: what decodes it, cpu, or nvdec where that can.")
    var decode = DecodingUnit.cpu

    @Option(parsing: .unconditional, help: "Processor threads.")
    var threads: Int = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "With a film: libav's name of what encodes it, libx265 by default.")
    var encoder: String?

    @Option(help: "The encoder's preset; x265's is fast by default.")
    var preset: String?

    @Option(parsing: .unconditional, help: "Frames per inference call; by default 4 of a film, 1 with --size.")
    var batch: Int?

    @Option(parsing: .unconditional, help: "Turns.")
    var rounds = 3

    @Option(
        parsing: .unconditional,
        help: "With --size: the rate after so many seconds of work, too, which power or heat may limit.")
    var sustained: Double?

    @Flag(help: "With --size: one JSON object.")
    var json = false

    @Option(
        help:
            "With a film, on a CUDA device: nothing but two seconds of its work, with nothing encoded, as a Chrome trace."
    )
    var trace: String?

    // Batches under way at once on a device; to sweep them.
    @Option(help: .hidden)
    var underWay: Int?

    // One measurement, as a line of JSON: what the processes above are told.
    @Option(help: .hidden)
    var mode: String?

    // Without what `EngineProgram` tells the allocator.
    @Flag(help: .hidden)
    var plainAllocator = false

    static let plainAllocatorFlag = "--plain-allocator"

    func validate() throws {
        guard film != nil || size != nil else { throw ValidationError("give --film or --size") }
        guard film == nil || size == nil else { throw ValidationError("give --film or --size, not both") }
        guard size != nil || (!json && sustained == nil) else {
            throw ValidationError("--json and --sustained go with --size")
        }
        guard film != nil || (decode == .cpu && encoder == nil && preset == nil && trace == nil) else {
            throw ValidationError("--decode, --encoder, --preset and --trace go with --film")
        }
        guard rounds > 0, (1...64).contains(batch ?? 1) else {
            throw ValidationError("--rounds is at least 1, --batch 1 to 64")
        }
        guard (0.1...600).contains(sustained ?? 1) else { throw ValidationError("--sustained is 0.1 to 600 seconds") }
        guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024") }
    }

    func run() async throws {
        if let size { return try await onThread { try networkAlone(size) } }
        guard let film else { return }
        guard let mode = trace == nil ? mode : BenchMode.unencoded.rawValue else {
            return try await BenchTable(rounds: rounds).print(arguments: arguments(film))
        }
        guard let mode = BenchMode(rawValue: mode) else { throw ValidationError("unknown mode") }
        guard try trace == nil || Device.resolve(device) != .cpu else {
            throw ValidationError("--trace shows what a CUDA device does, and this is measured on the CPU")
        }
        var bench = Bench(
            film: film, model: try ModelLibrary().resolve(model, scale: scale), device: try Device.resolve(device),
            threads: threads, encoding: BenchEncoding(encoder: encoder, preset: preset), batch: batch ?? 4,
            decoding: decode)
        (bench.trace, bench.underWay) = (trace, underWay)
        let result = try await onThread { [bench] in try bench.run(mode) }
        print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
        // Not through `exit`: it would unload CUDA beneath the pipeline's threads, which still give memory back.
        fflush(nil)
        _exit(0)
    }

    private func networkAlone(_ size: PictureSize) throws {
        let library = ModelLibrary()
        let found = try library.resolve(model, scale: scale)
        let bench = NetworkBench(
            model: try library.source(for: found), device: try Device.resolve(device), threads: threads)
        let batch = batch ?? 1
        let operations = try bench.operations(width: size.width, height: size.height)
        let peak = try bench.peak()
        var times = try bench.times(width: size.width, height: size.height, batch: batch, rounds: rounds)
        if let sustained {
            times.sustained = try bench.sustained(
                width: size.width, height: size.height, batch: batch, after: sustained)
        }
        let table = NetworkTable(
            model: found.description.name, size: size, threads: threads, batch: batch, times: times,
            operations: operations, peak: peak)
        for line in try json ? [table.json] : table.lines { print(line) }
    }

    /// Measurements block: not on the cooperative pool's threads.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try body() }) }.start()
        }
    }

    private func arguments(_ film: String) -> [String] {
        [
            "bench", "--film", film, "--model", model, "--device", device, "--threads", "\(threads)", "--batch",
            "\(batch ?? 4)", "--decode", decode.rawValue,
        ] + (scale.map { ["--scale", "\($0)"] } ?? []) + (encoder.map { ["--encoder", $0] } ?? [])
            + (preset.map { ["--preset", $0] } ?? []) + (underWay.map { ["--under-way", "\($0)"] } ?? [])
    }
}
