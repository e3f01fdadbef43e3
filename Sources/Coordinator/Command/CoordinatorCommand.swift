import ArgumentParser
import CoordinatorCore
import Foundation

@main
struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator", abstract: "Upscales films, segment by segment, losing nothing on the way.",
        subcommands: [RunCommand.self, ProbeCommand.self, FilmCommand.self])

    /// Turns errors into one line and the exit status that the README promises; ArgumentParser's own are usage errors.
    static func main() async {
        signal(SIGPIPE, SIG_IGN)  // a child or a reader that is gone is noticed by a failing write
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let error as CoordinatorError {
            FileHandle.standardError.write(Data("coordinator: \(error.message)\n".utf8))
            _exit(error.exitStatus)
        } catch let error as ExitStatus {
            _exit(error.code)
        } catch {
            usage(error)
        }
        fflush(nil)
    }

    /// Help and version are successes; anything else that the parser refuses is bad usage.
    private static func usage(_ error: any Error) -> Never {
        guard exitCode(for: error).isSuccess else {
            let line = message(for: error).split(separator: "\n").joined(separator: " ")
            FileHandle.standardError.write(Data("coordinator: \(line) (see --help)\n".utf8))
            _exit(2)
        }
        exit(withError: error)
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
