import ArgumentParser
import FarmModel
import Foundation
import Inference
import WorkerCore

/// `worker bench`: how fast this machine is, and where the time goes.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the network alone, the pipeline, and one frame at a time.",
        discussion:
            "Each figure is taken in a process of its own, in turns, several times; the best and the median are printed."
    )

    @Option(help: "The film; a short one.")
    var film: String

    @Option(help: "A model's name or file.")
    var model = "realesr-animevideov3"

    @Option var scale: Int?

    @Option(help: "auto, cpu, or cuda:N.")
    var device = "auto"

    @Option(help: "Processor threads.")
    var threads: Int = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "x265's preset.")
    var preset = "fast"

    @Option(help: "Frames per inference call.")
    var batch = 4

    @Option(help: "Turns.")
    var rounds = 3

    // One measurement, as a line of JSON: what the processes above are told.
    @Option(help: .hidden)
    var mode: String?

    @Flag(help: .hidden)
    var plainAllocator = false

    func run() async throws {
        guard let mode else { return try await BenchTable(rounds: rounds).print(arguments: arguments) }
        guard let mode = BenchMode(rawValue: mode) else { throw ValidationError("unknown mode") }
        if !plainAllocator { InferenceRuntime.configureAllocator() }
        let bench = Bench(
            film: film, model: try ModelLibrary().resolve(model, scale: scale), device: try Device.resolve(device),
            threads: threads, preset: preset, batch: batch)
        let result = try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try bench.run(mode) }) }.start()
        }
        print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }

    private var arguments: [String] {
        [
            "bench", "--film", film, "--model", model, "--device", device, "--threads", "\(threads)", "--preset",
            preset,
            "--batch", "\(batch)",
        ] + (scale.map { ["--scale", "\($0)"] } ?? [])
    }
}
