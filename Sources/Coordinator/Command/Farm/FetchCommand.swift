import ArgumentParser
import CoordinatorCore
import FarmModel

/// `coordinator fetch JOB`
struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Bring a finished film; a transfer that was cut off goes on where it was.")

    @Argument(help: "The job's id, as `queue` lists it.")
    var job: String

    @Option(
        name: .shortAndLong,
        help: "A file of the film's extension, or a folder for its own name; by default the current folder.")
    var output: String?

    @Flag(help: "Replace a file that exists.")
    var overwrite = false

    @Flag(help: "Remove the job at the coordinator once the film is here.")
    var remove = false

    @Flag(help: "One JSON object a line instead of a progress bar.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let (id, output, overwrite, remove) = (JobID(job), output, overwrite, remove)
        let display: any RunDisplay = json ? JSONDisplay() : TerminalDisplay()
        try await Interrupt.ending(saying: "what has come is kept; the same command goes on") {
            try await connection.connected { client in
                let fetch = FilmFetch(client: client, job: id) { display.show($0) }
                try await fetch.run(to: output, overwrite: overwrite)
                if remove { _ = try await client.act(id, .remove) }
            }
        }
    }
}
