public import ArgumentParser
public import FarmModel
import Foundation
import Inference
import Models
import Program

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

    @Option(help: "auto, cpu, or cuda:N.")
    var device = "cpu"

    @Option var cpuEngine = CPUEngine.auto

    @Option(help: "Processor threads.")
    var threads: Int = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024") }
    }

    func run() throws {
        let library = ModelLibrary()
        let source = try library.source(for: try library.resolve(model, scale: scale))
        let bench = NetworkBench(model: source, device: try Device.resolve(device), threads: threads)
        let made = try bench.evaluate(try values(), width: size.width, height: size.height, engine: cpuEngine)
        do { try made.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: output)) } catch {
            throw CommandError(3, "cannot write \(output): \(error.reason)")
        }
    }

    private func values() throws -> [Float] {
        let bytes: Data
        do { bytes = try Data(contentsOf: URL(fileURLWithPath: input)) } catch {
            throw CommandError(3, "cannot read \(input): \(error.reason)")
        }
        let expected = 3 * size.width * size.height
        guard bytes.count == expected * MemoryLayout<Float>.size else {
            throw CommandError(
                3, "\(input) has \(bytes.count) bytes, but a picture of \(size) has \(expected) values of 4 bytes")
        }
        return bytes.withUnsafeBytes { raw in
            (0..<expected).map { raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Float>.size, as: Float.self) }
        }
    }
}

extension CPUEngine: ExpressibleByArgument {}
