import ArgumentParser

/// Loads a real coordinator with light workers, some hundreds a process: what the coordinator, its disk and its sockets can take
/// is measured, and nothing else. `make bench-farm`
///
/// A light worker keeps to the protocol of docs/protocol.md over CURVE, as a worker does: hello, heartbeats, leases, its
/// segment offered and sent over the bulk channel, result, accepted. It fetches no packets, runs no engine and decodes nothing:
/// it waits for as long as it is told a segment takes, and delivers a gray picture that was encoded once, with the lease's
/// timestamps.
@main
struct FarmLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "farm-load", abstract: "Load a coordinator with light workers, and measure.",
        subcommands: [Drive.self, Swarm.self], defaultSubcommand: Drive.self)
}

/// What every process of a run is told.
struct Access: ParsableArguments {
    @Option(help: "A worker's key file; its workers are called by its name, a dot and a number.")
    var key: String
}
