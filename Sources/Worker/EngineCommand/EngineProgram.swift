import ArgumentParser
import FarmProtocol
import Inference
import Program

/// What of the worker needs libtorch. The worker starts it, and hands it those of its own commands that are in here; so it bears the
/// worker's name.
@main
struct EngineProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "What of the worker needs libtorch.", version: Release.text,
        subcommands: [
            RunCommand.self, AboutCommand.self, DevicesCommand.self, ModelsCommand.self, BenchCommand.self,
            EvaluateCommand.self,
        ])

    static func main() async {
        // The first thing of all: threads that begin before keep to allocators of their own.
        if !CommandLine.arguments.contains(BenchCommand.plainAllocatorFlag) { InferenceRuntime.configureAllocator() }
        await runProgram { CommandError($0) }
    }
}
