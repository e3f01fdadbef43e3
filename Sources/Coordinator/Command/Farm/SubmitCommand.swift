import ArgumentParser
import CoordinatorCore
import FarmModel
import Foundation
import Media

/// `coordinator submit film.mkv`: hands films to a running coordinator.
struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Hand films to a running coordinator.",
        discussion: """
            The film is uploaded, and the job's id is printed: with the film's name, and where standard output is no terminal, \
            there alone. An upload that is cut off goes on where it was. With --wait the command follows the jobs and brings \
            each result back, to NAME.upscaled.mkv beside its film; without, `coordinator fetch JOB` does that later.
            """)

    @Argument(help: "Films, or folders of them.")
    var films: [String]

    @Option(
        name: .shortAndLong,
        help: "With --wait, where one film's result goes; with --on-coordinator, its path there.")
    var output: String?

    @Flag(help: "FILM and -o are paths of the coordinator's machine, below one of its roots: nothing is uploaded.")
    var onCoordinator = false

    @Flag(help: "Follow the jobs to their end, and bring the results back.")
    var wait = false

    @Option(parsing: .unconditional, help: "Higher goes first, 0 is usual; -1000 to 1000.")
    var priority = 0

    @Option(help: "Container of results that are fetched: mkv, mp4, mov or webm; by default -o's, or mkv.")
    var container: String?

    @OptionGroup(title: "Settings")
    var settings: SettingsOptions

    @Flag(help: "Replace an output that exists.")
    var overwrite = false

    @Flag(help: "One JSON object a line instead of a progress bar.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        let forms = try forms()
        let display: any RunDisplay = json ? JSONDisplay() : TerminalDisplay()
        let wait = wait
        try await Interrupt.ending(saying: "what is submitted goes on; an upload goes on with the same command") {
            try await connection.connected { client in
                try await Self.carryOut(forms, wait, client) { display.show($0) }
            }
        }
    }

    /// A film that fails does not keep the next from its turn.
    private static func carryOut(
        _ forms: [FilmOrderForm], _ wait: Bool, _ client: FarmClient, _ report: @escaping @Sendable (RunReport) -> Void
    ) async throws {
        let submissions = forms.map { FilmSubmission(client: client, form: $0, report: report) }
        var failure: (any Error)?
        func attempt(_ work: () async throws -> Void) async throws {
            do { try await work() } catch {
                try Task.checkCancellation()
                if forms.count > 1 { report(.warning(CoordinatorError(error).message)) }
                failure = failure ?? error
            }
        }
        var jobs: [(submission: FilmSubmission, job: JobID)] = []
        for submission in submissions {
            try await attempt {
                if wait { try submission.checkDestination() }
                jobs.append((submission, try await submission.submit()))
            }
            if wait { await client.beEndlesslyPatient() }
        }
        if wait { for (submission, job) in jobs { try await attempt { try await submission.wait(for: job) } } }
        if let failure { throw failure }
    }

    private func forms() throws -> [FilmOrderForm] {
        try FilmNames.check(films)
        let paths = onCoordinator ? films : try films.flatMap(FilmFolder.films(in:))
        guard output == nil || paths.count == 1 else {
            throw CoordinatorError(.usage, "-o names one result, but there are \(paths.count) films: leave it out")
        }
        guard output == nil || wait || onCoordinator else {
            throw CoordinatorError(
                .usage,
                "-o needs --wait, which brings the result back, or --on-coordinator; else give it to `coordinator fetch`"
            )
        }
        guard (-1000...1000).contains(priority) else {
            throw CoordinatorError(.usage, "--priority \(priority) is out of range: give -1000 to 1000")
        }
        let settings = try settings.settings()
        return try paths.map { path in
            FilmOrderForm(
                film: path, isThere: onCoordinator, output: output, container: try containerName(), settings: settings,
                priority: priority, overwrite: overwrite)
        }
    }

    private func containerName() throws -> String {
        let named = output.flatMap(Self.containerName)
        let container = container?.lowercased() ?? named ?? "mkv"
        guard ["mkv", "mp4", "mov", "webm"].contains(container) else {
            throw CoordinatorError(.usage, "a result cannot be .\(container): give mkv, mp4, mov or webm")
        }
        if let named, !Container.areAlike(named, container) {
            throw CoordinatorError(.usage, "--container \(container) is not what -o names, .\(named): leave one out")
        }
        return container
    }

    /// What a file's name says, but not a folder's.
    private static func containerName(of output: String) -> String? {
        let file = URL(fileURLWithPath: output)
        let isFolder = (try? file.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
        let named = file.pathExtension.lowercased()
        if isFolder || named.isEmpty { return nil }
        return Container.areAlike(named, "mp4") ? "mp4" : named
    }
}

/// The films that an argument means: itself, or those of a folder.
enum FilmFolder {
    private static let extensions: Set<String> = [
        "mkv", "mp4", "m4v", "mov", "webm", "avi", "ts", "m2ts", "mts", "mpg", "mpeg", "vob", "ogv", "ogg", "wmv",
        "flv",
        "mxf", "nut", "3gp",
    ]

    /// - Throws: for a folder without films
    static func films(in path: String) throws -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            return [path]
        }
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
            throw CoordinatorError(.file, "cannot read the folder \(path): \(error.reason)")
        }
        let films = names.filter { name in
            extensions.contains(URL(fileURLWithPath: name).pathExtension.lowercased()) && !name.hasPrefix(".")
                && !name.contains(".upscaled.")
        }
        guard !films.isEmpty else { throw CoordinatorError(.file, "the folder \(path) has no films") }
        return films.map { URL(fileURLWithPath: path).appendingPathComponent($0).path }
    }
}
