import ArgumentParser
import EngineCore
import Foundation
import Inference
import Machine
import Processes
import Program

/// `worker-engine run`: started by the worker, one or more for each device.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", shouldDisplay: false)

    @Option var device: String
    @Option var cache: String
    @Option var threads: Int = ProcessInfo.processInfo.activeProcessorCount
    @Option var decode = DecodingUnit.cpu
    @Option(help: "Engines that share the device.")
    var share = 1

    func run() async throws {
        Lifeline.ignoreTerminal()
        // A service manager signals the whole group: the worker drains, and ends its engines when it has.
        signal(SIGTERM, SIG_IGN)
        let engine = Engine(
            device: try Device.resolve(device), threads: threads, cache: cache, decoding: decode, share: share,
            output: .standardOutput)
        try await engine.run(input: .standardInput)
    }
}
