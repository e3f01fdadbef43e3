import ArgumentParser
import FarmModel
import FarmProtocol
import Foundation
import Logging
import Machine
import Models
import Processes
import Program
import WorkerCore

/// `worker --coordinator ENDPOINT`: works until told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Work for a coordinator (the default).",
        discussion: """
            The first SIGTERM or Ctrl-C drains: the worker finishes what it holds, takes no more, and leaves; a second one \
            stops it at once, and what it held goes to other workers. A coordinator that is away is waited for, and the \
            work goes on meanwhile.

            Models that this machine lacks are fetched from the coordinator into CACHE/models, where the \
            \(FetchedModels.kept) used last are kept.
            """)

    @OptionGroup var farm: FarmOptions

    @Option(help: "auto, cpu, or cuda:N.")
    var device = "auto"

    @Option(
        help: """
            This worker's name in the farm; by default the key's, and without a key the host's. With a key named NAME it \
            must be NAME or NAME.anything: one key serves several boxes.
            """)
    var name: String?

    @Option(
        parsing: .unconditional,
        help:
            "Processor threads for inference (two at most beside a CUDA device) and encoding; by default one a core, of each engine."
    )
    var threads: Int?

    @Option(
        parsing: .unconditional,
        help: """
            Engines for each device, each with a segment of its own: where encoding limits and processors are idle, two or \
            three encode side by side. Each takes a share of the device's memory.
            """)
    var engines = 1

    @Option(
        help: """
            What decodes films: cpu, or nvdec, the device's own unit, where it gives the same bits (h264, hevc, vp9, not \
            deinterlaced). Only the CPU's decoders name damaged pictures.
            """)
    var decode = DecodingUnit.cpu

    @Option(help: "Directory where calibrations and fetched models are kept.")
    var cache: String = CacheDirectory.standard

    @Option(help: "Directory for segments in flight; by default one of its own in the cache.")
    var scratch: String?

    @Flag(help: .hidden)
    var dieWithParent = false

    // For tests: a command that stands in for `worker-engine run`.
    @Option(parsing: .upToNextOption, help: .hidden)
    var engine: [String] = []

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024") }
        guard (1...16).contains(engines) else { throw ValidationError("--engines must be 1 to 16") }
    }

    func run() async throws {
        if dieWithParent { Lifeline.hold() } else { signal(SIGPIPE, SIG_IGN) }
        let session = try WorkerSession(configuration: try await configuration(), logger: Logger(label: "worker"))
        let signals = StopSignals(dieWithParent ? [SIGTERM] : [SIGTERM, SIGINT]) {
            let line = "worker: draining: finishing what is leased, taking no more; a second signal stops at once\n"
            try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
            Task { await session.drain() }
        }
        defer { withExtendedLifetime(signals) {} }
        try await session.run()
    }

    private func configuration() async throws -> WorkerConfiguration {
        let access = try farm.access()
        let name = try WorkerName.choose(asked: name, key: access.keyName, host: ProcessInfo.processInfo.hostName)
        let launches = try await launches()
        return WorkerConfiguration(
            identity: WorkerIdentity(
                name: name, epoch: Int64(Date().timeIntervalSince1970 * 1000),
                processID: ProcessInfo.processInfo.processIdentifier),
            control: access.control, bulk: access.bulk, security: access.security, engines: launches,
            scratch: try prepareScratch(name), models: ModelLibrary(), fetchedModels: FetchedModels(cache: cache))
    }

    /// As many for each device as were asked for.
    private func launches() async throws -> [Launch] {
        let own = try await EngineLaunch.find()
        switch try await own.devices(device) {
        case .refused(let status): throw CommandError(status, "")
        case .found(let devices):
            // Slots are filled in this order: every device before any has two.
            return (0..<engines).flatMap { _ in devices.map { launch($0, by: own) } }
        }
    }

    private func launch(_ device: String, by own: EngineLaunch) -> Launch {
        if let command = engine.first { return Launch(executable: command, arguments: Array(engine.dropFirst())) }
        let threads = threads.map { ["--threads", "\($0)"] } ?? []
        let share = engines > 1 ? ["--share", "\(engines)"] : []
        return own.launch(["run", "--device", device, "--cache", cache, "--decode", decode.rawValue] + share + threads)
    }

    private func prepareScratch(_ name: String) throws -> String {
        let path = scratch ?? "\(cache)/scratch-\(name)"
        do { try Scratch.prepare(path) } catch {
            throw CommandError(3, "cannot use the directory \(path) for segments in flight: \(error.reason)")
        }
        return path
    }
}

enum CacheDirectory {
    /// `$XDG_CACHE_HOME/upscale-farm`, or the same below `~/.cache`.
    static var standard: String {
        let environment = ProcessInfo.processInfo.environment
        let base = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory() + "/.cache"
        return base + "/upscale-farm"
    }
}
