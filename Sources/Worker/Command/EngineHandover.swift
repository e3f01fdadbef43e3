import Foundation
import Program
import WorkerCore

/// `worker-engine`, which stands beside this program: what needs libtorch. Some of its commands are the worker's to the user.
enum EngineHandover {
    private static let commands = ["models", "bench", "evaluate"]

    /// Whether the command line names a command of the engine's.
    static var isMeant: Bool {
        let words = CommandLine.arguments.dropFirst()
        return (words.first == "help" ? words.dropFirst().first : words.first).map(commands.contains) ?? false
    }

    /// Turns this process into the engine program, with the same command line.
    /// - Returns: why it could not.
    static func become() async -> CommandError {
        do {
            let launch = try await EngineLaunch.find().launch(Array(CommandLine.arguments.dropFirst()))
            for (name, value) in launch.environment { setenv(name, value, 1) }
            var words = ([launch.executable] + launch.arguments).map { strdup($0) } + [nil]
            execv(launch.executable, &words)
            return CommandError(BoxError.cannotStart(launch.executable, errno))
        } catch {
            return CommandError(error)
        }
    }
}
