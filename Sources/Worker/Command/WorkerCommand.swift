import ArgumentParser
import FarmProtocol
import Program

/// The worker: it talks to the coordinator and keeps engines alive. It links no libtorch, so that it starts in an instant, takes
/// little memory, and can say what is wrong where libtorch cannot be loaded.
@main
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Upscales segments of films for a coordinator.",
        version: Release.text,
        subcommands: [
            ServeCommand.self, DoctorCommand.self, ModelsCommand.self, BenchCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    static func main() async {
        if EngineHandover.isMeant { leave(await EngineHandover.become()) }
        await runProgram { CommandError($0) }
    }
}
