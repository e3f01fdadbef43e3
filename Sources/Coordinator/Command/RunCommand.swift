import ArgumentParser
import CoordinatorCore
import FarmModel
import Foundation
import Logging

/// `coordinator run film.mkv`: a farm of one machine, for as long as it takes.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Upscale films on this machine.",
        discussion: """
            The result is NAME.upscaled.mkv beside each film, with every frame, audio track, subtitle, chapter and \
            attachment. Ctrl-C loses nothing: the same command goes on where it was.

            Exit status: 0 done; 1 the job failed; 2 bad usage; 3 an input or output file cannot be used; \
            4 the farm cannot be reached or refuses; 130 interrupted, state kept.
            """)

    @Argument(help: "The films.")
    var films: [String]

    @Option(name: .shortAndLong, help: "Name of the result, for one film: .mkv, .mp4, .mov or .webm.")
    var output: String?

    @OptionGroup(title: "Settings")
    var settings: SettingsOptions

    @Option(parsing: .unconditional, help: "Worker processes.")
    var workers = 1

    @Option(help: "auto, cpu, or cuda:N.")
    var device = "auto"

    @Option(help: "Directory for the queue and for segments in flight.")
    var state: String = StateDirectory.standard().path

    @Flag(help: "Start over where an earlier run of this film left an unfinished job.")
    var restart = false

    @Flag(help: "Replace an output that exists.")
    var overwrite = false

    @Flag(help: "One JSON object a line instead of a progress bar.")
    var json = false

    func run() async throws {
        let requests = try requests()
        let display: any RunDisplay = json ? JSONDisplay() : TerminalDisplay()
        let farm = LocalFarm(
            configuration: LocalFarmConfiguration(stateDirectory: state, workers: workers, device: device),
            logger: Logger(label: "coordinator") { _ in DisplayLogHandler(display) })
        try await Interrupt.ending { try await farm.run(requests, restart: restart, report: { display.show($0) }) }
    }

    private func requests() throws -> [JobRequest] {
        try FilmNames.check(films)
        guard output == nil || films.count == 1 else {
            throw CoordinatorError(.usage, "-o names one result, but there are \(films.count) films: leave it out")
        }
        guard (1...64).contains(workers) else {
            throw CoordinatorError(.usage, "--workers \(workers) is out of range: give 1 to 64")
        }
        guard DeviceName(device) != nil else { throw CoordinatorError(.usage, DeviceName.refusal(of: device)) }
        let settings = try settings.settings()
        let requests = films.map { JobRequest(film: $0, output: output, settings: settings, overwrite: overwrite) }
        let names = Dictionary(grouping: requests, by: \.output)
        if let clash = names.first(where: { $0.value.count > 1 }) {
            let films = clash.value.map(\.film).joined(separator: " and ")
            throw CoordinatorError(.usage, "\(films) would both become \(clash.key): run them apart, with -o")
        }
        return requests
    }
}
