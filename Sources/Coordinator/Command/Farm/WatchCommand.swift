import ArgumentParser
import CoordinatorCore
import FarmModel
import FarmProtocol
import Foundation

/// `coordinator watch`: the queue and the workers, live.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Watch the queue and the workers, or one job, live; Ctrl-C ends it.")

    @Argument(help: "A job's id; by default all jobs and workers.")
    var job: String?

    @Option(parsing: .unconditional, help: "Seconds between looks.")
    var interval = 1.0

    @Flag(help: "One JSON object a line for each look.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        guard (0.1...3600).contains(interval) else {
            throw CoordinatorError(.usage, "--interval \(interval) is out of range: give 0.1 to 3600")
        }
        let (job, json, pause) = (job.map { JobID($0) }, json, Duration.seconds(interval))
        try await Interrupt.quietly {
            try await connection.connected { client in
                let screen = LiveScreen()
                let telling = json ? nil : Task { try await Self.tellAbsence(of: client, screen) }
                defer { telling?.cancel() }
                while true {
                    let look = try await Look(client, job)
                    await client.beEndlesslyPatient()
                    let isRead = json ? Output.line(try JSONEncoder().encode(look)) : screen.show(look.lines)
                    if look.isOver || !isRead { return }
                    try await Task.sleep(for: pause)
                }
            }
        }
    }

    /// While nothing new can be shown, the screen says why.
    private static func tellAbsence(of client: FarmClient, _ screen: LiveScreen) async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            guard let seconds = await client.secondsAway, seconds > 2 else { continue }
            screen.note("the coordinator is away for \(Int(seconds)) s; Ctrl-C ends this view")
        }
    }

    /// What is shown at one time.
    private struct Look: Encodable {
        var time = Date().timeIntervalSince1970
        var jobs: [JobView]?
        var job: JobDetail?
        var workers: [WorkerView]

        init(_ client: FarmClient, _ id: JobID?) async throws {
            workers = try await client.workers()
            if let id { job = try await client.show(id) } else { jobs = try await client.queue(all: false) }
        }

        var isOver: Bool { job?.job.state.isEnded ?? false }

        var lines: [String] {
            let head = "\(HistoryText.time(time))  Ctrl-C ends this view, nothing else"
            if let job { return [head, "", JobBar.line(job.job), ""] + JobText.detail(job) }
            let jobs = jobs ?? []
            return [head, ""] + JobText.table(jobs) + [""] + jobs.map { JobBar.line($0) } + [""]
                + WorkerText.table(workers)
        }
    }
}

/// A job's progress as a bar.
enum JobBar {
    static func line(_ job: JobView) -> String {
        let width = 40
        let filled = Int(Double(width) * job.fraction)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        return "\(job.id) [\(bar)] \(JobText.progress(job))"
    }
}

/// A screen that is drawn over and over; on a pipe, each picture follows the one before.
struct LiveScreen {
    private let isTerminal = isatty(STDOUT_FILENO) == 1

    /// - Returns: false where nobody reads any more.
    func show(_ lines: [String]) -> Bool {
        guard isTerminal else { return Output.lines(lines + [""]) }
        let (rows, columns) = Self.size
        let shown = lines.prefix(rows - 1).map { String($0.harmless.prefix(columns)) + "\u{1B}[K" }
        // Home, the lines, and nothing of an older picture below them: redrawn in place, it does not flicker.
        return Output.line(Data(("\u{1B}[H" + shown.joined(separator: "\r\n") + "\r\n\u{1B}[J").utf8))
    }

    /// Puts a line over the first one of what is shown.
    func note(_ text: String) {
        guard isTerminal else { return }
        Output.line(Data("\u{1B}[H\(text.prefix(Self.size.columns))\u{1B}[K".utf8))
    }

    private static var size: (rows: Int, columns: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 1 else {
            return (24, 80)
        }
        return (Int(size.ws_row), Int(size.ws_col))
    }
}
