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
    static func become() -> EngineMissing {
        let path = Launch.sibling("worker-engine", []).executable
        var words = ([path] + CommandLine.arguments.dropFirst()).map { strdup($0) } + [nil]
        execv(path, &words)
        return EngineMissing(path: path, reason: String(cString: strerror(errno)))
    }

    /// The devices that `text` (auto, cpu, cuda, cuda:N) means here, as the engine sees them; without an NVIDIA driver there is no
    /// need to ask it.
    static func devices(_ text: String) async throws -> [String] {
        if text == "cpu" || text == "auto" && !hasDriver { return ["cpu"] }
        let launch = Launch.sibling("worker-engine", ["devices", text])
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

    private static var hasDriver: Bool {
        guard let library = dlopen("libcuda.so.1", RTLD_LAZY) else { return false }
        dlclose(library)
        return true
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
