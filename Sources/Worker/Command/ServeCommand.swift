import ArgumentParser
import FarmProtocol
import Foundation
import Inference
import Logging
import Processes
import ServiceLifecycle
import WorkerCore

/// `worker --coordinator ENDPOINT`: works until told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Work for a coordinator (the default).",
        discussion: "SIGTERM drains: the worker finishes what it holds, takes no more, and leaves.")

    @Option(help: "The coordinator's control endpoint, as `ipc:///path/control`.")
    var coordinator: String

    @Option(help: "The coordinator's bulk endpoint; by default beside the control endpoint.")
    var bulk: String?

    @Option(help: "auto, cpu, or cuda:N.")
    var device = "auto"

    @Option(help: "This worker's name in the farm; by default the host's.")
    var name = ProcessInfo.processInfo.hostName

    @Option(help: "Processor threads for inference and encoding; by default one a core.")
    var threads: Int?

    @Option(help: "Directory where calibrations are remembered.")
    var cache: String = CacheDirectory.standard

    @Option(help: "Directory for segments in flight, emptied at the start; by default one of its own in the cache.")
    var scratch: String?

    @Flag(help: .hidden)
    var dieWithParent = false

    func run() async throws {
        if dieWithParent { Lifeline.hold() } else { signal(SIGPIPE, SIG_IGN) }
        let logger = Logger(label: "worker")
        let scratch = try prepareScratch()
        let devices = try devices()
        let session = try WorkerSession(configuration: configuration(devices, scratch), logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: WorkerService(session), successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: dieWithParent ? [.sigterm] : [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private func configuration(_ devices: [Device], _ scratch: String) -> WorkerConfiguration {
        let engines = devices.map { device in
            Launch.myself(
                ["engine", "--device", "\(device)", "--cache", cache] + (threads.map { ["--threads", "\($0)"] } ?? []))
        }
        return WorkerConfiguration(
            identity: WorkerIdentity(
                name: name, epoch: Int64(Date().timeIntervalSince1970 * 1000),
                processID: ProcessInfo.processInfo.processIdentifier),
            control: coordinator, bulk: bulk ?? BulkEndpoint.beside(coordinator), engines: engines, scratch: scratch,
            models: ModelLibrary())
    }

    /// A slot for each: `auto` is every CUDA device, or the CPU where there is none.
    private func devices() throws -> [Device] {
        guard device == "auto" else { return [try Device.resolve(device)] }
        let cuda = DeviceInfo.all().map(\.device).filter { $0 != .cpu }
        return cuda.isEmpty ? [.cpu] : cuda
    }

    /// What an earlier life left there is of no use to anyone.
    private func prepareScratch() throws -> String {
        let path = scratch ?? "\(cache)/scratch-\(name)"
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

/// Where the bulk channel is, by convention: for `ipc://` the file `bulk` in the same directory, for `tcp://` the next port.
enum BulkEndpoint {
    static func beside(_ control: String) -> String {
        if control.hasPrefix("ipc://") {
            return control.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
                + "/bulk"
        }
        let parts = control.split(separator: ":")
        guard let port = parts.last.flatMap({ Int($0) }) else { return control }
        return parts.dropLast().joined(separator: ":") + ":\(port + 1)"
    }
}

/// `worker engine`: started by the worker, one for each device.
struct EngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "engine", shouldDisplay: false)

    @Option var device: String
    @Option var cache: String
    @Option var threads: Int = ProcessInfo.processInfo.activeProcessorCount

    func run() async throws {
        Lifeline.ignoreTerminal()
        InferenceRuntime.configureAllocator()
        let engine = Engine(device: try Device.resolve(device), threads: threads, cache: cache, output: .standardOutput)
        try await engine.run(input: .standardInput)
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
