import ArgumentParser
import FarmProtocol
import Foundation
import WorkerCore

@main
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Upscales segments of films for a coordinator.",
        version: Release.text,
        subcommands: [
            ServeCommand.self, ModelsCommand.self, BenchCommand.self, EvaluateCommand.self, EngineCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    /// Turns errors into one line and an exit status.
    static func main() async {
        signal(SIGPIPE, SIG_IGN)  // a child or a reader that is gone is noticed by a failing write
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let error where isForParser(error) {
            leave(error)
        } catch {
            let failure = CommandError(error)
            let line = failure.line.split(whereSeparator: \.isNewline).joined(separator: " ")
            if !line.isEmpty { try? FileHandle.standardError.write(contentsOf: Data("worker: \(line)\n".utf8)) }
            _exit(failure.status)
        }
        fflush(nil)
    }

    /// Help, version and what the parser itself refuses.
    private static func isForParser(_ error: any Error) -> Bool {
        exitCode(for: error).isSuccess || exitCode(for: error) == .validationFailure
    }

    private static func leave(_ error: any Error) -> Never {
        guard exitCode(for: error).isSuccess else {
            let line = message(for: error).split(separator: "\n").joined(separator: " ")
            try? FileHandle.standardError.write(contentsOf: Data("worker: \(line) (see --help)\n".utf8))
            _exit(2)
        }
        exit(withError: error)
    }
}
