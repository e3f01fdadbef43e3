import ArgumentParser
import CoordinatorCore
import Foundation
import Logging

/// `coordinator serve`: a coordinator for many workers and clients, until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run a coordinator for workers and clients on other machines.",
        discussion: """
            Make keys for them with `coordinator keys new`. SIGTERM or Ctrl-C stops it; workers go on with what they hold, \
            and it goes on where it was when it is started again. The first start leaves an operator's key in the state \
            directory: commands on this machine need no other.
            """)

    @Option(help: "Where workers and clients connect.")
    var bind = "tcp://0.0.0.0:5555"

    @Option(help: "Where files are moved; by default the port after --bind's.")
    var bulk: String?

    @Option(help: "Directory for the queue, segments in flight, uploaded and finished films.")
    var state: String = StateDirectory.standard().path

    @Option(name: .customLong("root"), help: "A folder that clients may name paths in; may be given several times.")
    var roots: [String] = []

    @Option(
        help: ArgumentHelp(
            "A shell command to run when a job has ended: UPSCALE_FARM_JOB, _STATE, _FILM, _OUTPUT and _REASON are set.",
            valueName: "cmd"))
    var execAfter: String?

    @Option(parsing: .unconditional, help: "MiB of disk that stay free: below it jobs wait.")
    var reserve = 1024

    @Option(
        parsing: .unconditional, help: "Seconds without a word from a worker after which what it holds goes to others.")
    var leaseLifetime = 30.0

    @Option(help: "trace, debug, info, notice, warning or error.")
    var logLevel = "info"

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw CoordinatorError(
                .usage, "--log-level \(logLevel) is none: give trace, debug, info, notice, warning or error")
        }
        guard reserve >= 0 else { throw CoordinatorError(.usage, "--reserve \(reserve) cannot be") }
        guard (2...3600).contains(leaseLifetime) else {
            throw CoordinatorError(.usage, "--lease-lifetime \(leaseLifetime) is out of range: give 2 to 3600")
        }
        var configuration = ServeConfiguration(
            stateDirectory: state, control: bind, bulk: bulk, roots: roots, execAfter: execAfter,
            reserve: Int64(reserve) << 20)
        configuration.scheduler.leaseLifetime = leaseLifetime
        let server = FarmServer(
            configuration: configuration,
            logger: Logger(label: "coordinator") { label in
                var handler = StreamLogHandler.standardError(label: label)
                handler.logLevel = level
                return handler
            })
        try await Interrupt.stopping { try await server.run() }
    }
}
