import ArgumentParser
import CoordinatorCore
import FarmModel
import FarmProtocol

/// Does the same with several, whatever becomes of the others.
private enum Each {
    /// Prints what is done, and what fails.
    /// - Throws: with the first failure's exit status.
    static func of(_ names: [String], _ work: (String) async throws -> String) async throws {
        var status: Int32?
        for name in names {
            do { Output.lines([try await work(name)]) } catch {
                let failure = CoordinatorError(error)
                Output.error("coordinator: \(failure.message.harmless)\n")
                status = status ?? failure.exitStatus
            }
        }
        if let status { throw ExitStatus(code: status) }
    }
}

/// What the commands that act on jobs share.
struct JobsArgument: ParsableArguments {
    @Argument(help: "Job ids, as `queue` lists them.")
    var jobs: [String]

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    /// All of them are tried; the first failure is the command's.
    func act(_ action: JobAction) async throws {
        let jobs = jobs
        try await connection.connected { client in
            try await Each.of(jobs) { try await client.act(JobID($0), action) }
        }
    }
}

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Lease no more of a job's segments; what is leased is finished.")
    @OptionGroup var arguments: JobsArgument
    func run() async throws { try await arguments.act(.pause) }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Go on with a paused job.")
    @OptionGroup var arguments: JobsArgument
    func run() async throws { try await arguments.act(.resume) }
}

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Stop a job now; `retry` goes on from what was accepted, `remove` gives its space back.")
    @OptionGroup var arguments: JobsArgument
    func run() async throws { try await arguments.act(.cancel) }
}

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Go on with a job that failed or was cancelled; what was accepted is not done again.")
    @OptionGroup var arguments: JobsArgument
    func run() async throws { try await arguments.act(.retry) }
}

struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a job that has ended, with all that the coordinator keeps of it.")
    @OptionGroup var arguments: JobsArgument
    func run() async throws { try await arguments.act(.remove) }
}

struct PriorityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "priority", abstract: "Set a job's priority: higher goes first, 0 is usual.")

    @Argument(help: "The job's id, as `queue` lists it.")
    var job: String

    @Argument(help: "-1000 to 1000.")
    var priority: Int

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    /// The parser takes `-5` for an option: as the last word, behind `--`, it is a number.
    static func arguments(_ words: [String]) -> [String] {
        guard words.first == configuration.commandName, !words.contains("--"),
            let place = words.lastIndex(where: { $0.hasPrefix("-") && Int($0) != nil })
        else { return words }
        return Array(words[..<place]) + Array(words[(place + 1)...]) + ["--", words[place]]
    }

    func run() async throws {
        guard (-1000...1000).contains(priority) else {
            throw CoordinatorError(.usage, "a priority of \(priority) is out of range: give -1000 to 1000")
        }
        let (id, priority) = (JobID(job), priority)
        Output.lines([try await connection.connected { try await $0.act(id, .priority(priority)) }])
    }
}

/// What the commands that act on workers share.
struct WorkersArgument: ParsableArguments {
    @Argument(help: "Names of workers, as `workers` lists them.")
    var workers: [String]

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func manage(_ action: WorkerAction) async throws {
        let workers = workers
        try await connection.connected { client in
            try await Each.of(workers) { try await client.manage($0, action) }
        }
    }
}

struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Lease no more to a worker; it finishes what it holds and stays connected.")
    @OptionGroup var arguments: WorkersArgument
    func run() async throws { try await arguments.manage(.drain) }
}

struct UndrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undrain", abstract: "Lease to a drained worker again.")
    @OptionGroup var arguments: WorkersArgument
    func run() async throws { try await arguments.manage(.undrain) }
}

struct ReinstateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reinstate",
        abstract: "Trust a worker again that was set aside because it failed what others can do.")
    @OptionGroup var arguments: WorkersArgument
    func run() async throws { try await arguments.manage(.reinstate) }
}
