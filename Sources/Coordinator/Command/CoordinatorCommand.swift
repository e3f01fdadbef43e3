import ArgumentParser
import CoordinatorCore
import FarmModel
import FarmProtocol
import Foundation

@main
struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator", abstract: "Upscales films, segment by segment, losing nothing on the way.",
        version: Release.text,
        subcommands: [
            RunCommand.self, ServeCommand.self, ProbeCommand.self, VerifyCommand.self, CompareCommand.self,
            FilmCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "With a running coordinator",
                subcommands: [
                    SubmitCommand.self, QueueCommand.self, ShowCommand.self, WatchCommand.self, LogsCommand.self,
                    FetchCommand.self, PauseCommand.self, ResumeCommand.self, CancelCommand.self, RetryCommand.self,
                    RemoveCommand.self, PriorityCommand.self, WorkersCommand.self, DrainCommand.self,
                    UndrainCommand.self, ReinstateCommand.self,
                ]),
            CommandGroup(name: "On the coordinator's machine", subcommands: [KeysCommand.self]),
        ])

    /// Turns errors into one line and the exit status that the README promises; the parser's own are usage errors.
    static func main() async {
        signal(SIGPIPE, SIG_IGN)  // a child or a reader that is gone is noticed by a failing write
        do {
            var command = try parseAsRoot(PriorityCommand.arguments(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let status as ExitStatus {
            leave(status.code)
        } catch  where exitCode(for: error).isSuccess {
            Output.line(Data(fullMessage(for: error).utf8))  // help and version
        } catch  where exitCode(for: error) == .validationFailure {
            let line = message(for: error).split(separator: "\n").joined(separator: " ")
            Output.error("coordinator: \(line) (see --help)\n")
            leave(2)
        } catch {
            let failure = CoordinatorError(error)
            // libav's words in it may hold the film's: they stay on one line, and command no terminal.
            Output.error("coordinator: \(failure.message.harmless)\n")
            leave(failure.exitStatus)
        }
        if Output.isLost { leave(3) }
        fflush(nil)
    }

    private static func leave(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }
}

/// An exit status with nothing left to say.
struct ExitStatus: Error {
    var code: Int32
}

/// `coordinator film`: the child that parses films; told what to do on standard input.
struct FilmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "film", shouldDisplay: false)

    func run() { FilmToolMain.run() }
}
