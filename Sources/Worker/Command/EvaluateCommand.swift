public import ArgumentParser
public import FarmModel
import Foundation
import Inference

/// What a network makes of raw values: for scripts that hold it against other engines.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Run a network on raw values.",
        discussion: "Values are floats in the machine's order: planes of red, green and blue.", shouldDisplay: false)

    @Option(help: "A model's name or file.")
    var model: String

    @Option var scale: Int?

    @Option(help: "Of the input: WxH.")
    var size: PictureSize

    @Option(help: "File of the input's values.")
    var input: String

    @Option(help: "File that gets the output's values.")
    var output: String

    @Option var cpuEngine = CPUEngine.auto

    @Option(help: "Processor threads.")
    var threads: Int = ProcessInfo.processInfo.activeProcessorCount

    func run() throws {
        InferenceRuntime.configureAllocator()
        let library = ModelLibrary()
        let source = try library.source(for: try library.resolve(model, scale: scale))
        let bench = NetworkBench(model: source, device: .cpu, threads: threads)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: input))
        let values = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        let made = try bench.evaluate(values, width: size.width, height: size.height, engine: cpuEngine)
        try made.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: output))
    }
}

extension CPUEngine: ExpressibleByArgument {}
