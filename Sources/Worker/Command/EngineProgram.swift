import ArgumentParser
import Foundation
import Processes
import Program
import WorkerCore

/// `worker-engine`, which stands beside this program: what needs libtorch. Some of its commands are the worker's to the user.
enum EngineProgram {
    private static let commands = ["models", "bench", "evaluate"]

    /// Whether the command line names a command of the engine's.
    static var isMeant: Bool {
        let words = CommandLine.arguments.dropFirst()
        return (words.first == "help" ? words.dropFirst().first : words.first).map(commands.contains) ?? false
    }

    /// Turns this process into the engine program, with the same command line.
    /// - Returns: why it could not.
    static func become() -> CommandError {
        let launch: Launch
        do { launch = try EngineLaunch.make(Array(CommandLine.arguments.dropFirst())) } catch {
            return CommandError(error)
        }
        for (name, value) in launch.environment { setenv(name, value, 1) }
        var words = ([launch.executable] + launch.arguments).map { strdup($0) } + [nil]
        execv(launch.executable, &words)
        return CommandError(EngineMissing(path: launch.executable, reason: String(cString: strerror(errno))))
    }

    /// The devices that `text` (auto, cpu, cuda, cuda:N) means here, as the engine sees them; without an NVIDIA driver there is no
    /// need to ask it.
    static func devices(_ text: String) async throws -> [String] {
        if text == "cpu" || text == "auto" && !NVIDIADriver.isInstalled { return ["cpu"] }
        let launch = try EngineLaunch.make(["devices", text])
        let child: ChildProcess
        do { child = try ChildProcess(launch, name: "devices") } catch {
            throw EngineMissing(path: launch.executable, reason: error.reason)
        }
        var found: [String] = []
        for await line in child.lines { found.append(String(decoding: line, as: UTF8.self)) }
        let exit = await child.exit()
        // It has said why on standard error.
        guard exit.isSuccess else { throw CommandError(exit.bySignal ? 1 : exit.code, "") }
        return found
    }

}

/// The program beside this one is not there, or cannot be started.
struct EngineMissing: Error {
    var path: String
    var reason: String
}

// In the worker's help; the engine program has what they do.

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the models that this worker has.")
}

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the network alone, the pipeline, and one frame at a time.")
}
