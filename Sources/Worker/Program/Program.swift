public import ArgumentParser
internal import Foundation

/// How a program of the worker's ends: one line on standard error, and README's exit status.
public struct CommandError: Error {
    /// 1 the work failed; 2 bad usage; 3 a file cannot be used; 4 the farm cannot be reached or refuses.
    public let status: Int32
    /// Empty where it has been said.
    public let line: String

    public init(_ status: Int32, _ line: String) { (self.status, self.line) = (status, line) }
}

extension AsyncParsableCommand {
    /// Parses the command line and runs what it says. Errors become one line and an exit status.
    /// - Parameter failure: what an error of the command's ends the program with.
    public static func runProgram(failure: @Sendable (any Error) -> CommandError) async {
        signal(SIGPIPE, SIG_IGN)  // a child or a reader that is gone is noticed by a failing write
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let error where exitCode(for: error).isSuccess || exitCode(for: error) == .validationFailure {
            leaveParser(error)
        } catch {
            leave(failure(error))
        }
        expectPrinted()
    }

    /// What was printed may still be in memory, and the disk behind it full. A reader who has gone is no fault.
    private static func expectPrinted() {
        guard fflush(nil) != 0, errno != EPIPE else { return }
        leave(CommandError(3, "cannot write to standard output: \(String(cString: strerror(errno)))"))
    }

    public static func leave(_ failure: CommandError) -> Never {
        let line = failure.line.split(whereSeparator: \.isNewline).joined(separator: " ")
        if !line.isEmpty { try? FileHandle.standardError.write(contentsOf: Data("worker: \(line)\n".utf8)) }
        _exit(failure.status)
    }

    /// Help, version and what the parser itself refuses.
    private static func leaveParser(_ error: any Error) -> Never {
        guard exitCode(for: error).isSuccess else { leave(CommandError(2, "\(message(for: error)) (see --help)")) }
        print(fullMessage(for: error))
        expectPrinted()
        _exit(0)
    }
}
