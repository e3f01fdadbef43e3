import ArgumentParser
import CoordinatorCore
import FarmModel
import FarmProtocol
import Foundation

/// `coordinator queue`
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "List jobs: what runs, what waits and why.")

    @Flag(help: "Those that are done or cancelled, too.")
    var all = false

    @OptionGroup var output: JSONOption
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let all = all
        let jobs = try await connection.connected { try await $0.queue(all: all) }
        if output.json { return try output.printed(jobs) }
        Output.lines(JobText.table(jobs))
    }
}

/// `coordinator show JOB`
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a job: progress, segments under way, attempts that failed and why.")

    @Argument(help: "The job's id, as `queue` lists it.")
    var job: String

    @OptionGroup var output: JSONOption
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let id = JobID(job)
        let detail = try await connection.connected { try await $0.show(id) }
        if output.json { return try output.printed(detail) }
        Output.lines(JobText.detail(detail))
    }
}

/// `coordinator workers`
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers", abstract: "List workers: devices, what they do, and what is wrong with them.")

    @OptionGroup var output: JSONOption
    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let workers = try await connection.connected { try await $0.workers() }
        if output.json { return try output.printed(workers) }
        Output.lines(WorkerText.table(workers))
    }
}

/// `coordinator logs JOB`
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what happened to a job, with the last lines of failed attempts' logs.")

    @Argument(help: "The job's id, as `queue` lists it.")
    var job: String

    @Flag(name: .shortAndLong, help: "Go on with what happens from now on, until the job has ended.")
    var follow = false

    @Flag(help: "One JSON object a line.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let (id, follow, json) = (JobID(job), follow, json)
        try await Interrupt.quietly {
            try await connection.connected(patience: follow ? .infinity : 15) { client in
                var last: Int64 = 0
                while true {
                    let lines = try await client.logs(id, after: last)
                    for line in lines {
                        let isRead =
                            json
                            ? Output.line(try JSONEncoder().encode(line)) : Output.lines(HistoryText.lines(line))
                        guard isRead else { return }
                        last = line.number
                    }
                    if !lines.isEmpty { continue }
                    guard follow, try await !client.show(id).job.state.isEnded else { return }
                    try await Task.sleep(for: .milliseconds(500))
                }
            }
        }
    }
}
