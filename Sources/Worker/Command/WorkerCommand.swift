import ArgumentParser
import Foundation

@main
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Upscales segments of films for a coordinator.",
        subcommands: [ServeCommand.self, ModelsCommand.self, BenchCommand.self, EngineCommand.self],
        defaultSubcommand: ServeCommand.self)
}
