import FarmModel
import Foundation
public import Logging
public import Processes

/// How `run` sets up its farm of one machine.
public struct LocalFarmConfiguration: Sendable {
    public var stateDirectory: String
    public var workers: Int
    /// `auto`, `cpu`, `cuda:N`.
    public var device: String
    public var threads: Int?
    /// The worker's executable; its arguments are added here.
    public var worker: Launch
    public var filmTool: Launch

    public init(
        stateDirectory: String, workers: Int = 1, device: String = "auto", threads: Int? = nil,
        worker: Launch = .sibling("worker", []), filmTool: Launch = .myself(["film"])
    ) {
        self.stateDirectory = URL(fileURLWithPath: stateDirectory).standardizedFileURL.path
        self.workers = workers
        self.device = device
        self.threads = threads
        self.worker = worker
        self.filmTool = filmTool
    }
}

/// `coordinator run`: a coordinator and its workers on one machine, for some films.
///
/// The same code as a farm's: what differs is that the endpoints are on a private `ipc://` directory, and that the workers
/// are children that end with it.
public struct LocalFarm: Sendable {
    private let configuration: LocalFarmConfiguration
    private let logger: Logger

    public init(configuration: LocalFarmConfiguration, logger: Logger = Logger(label: "coordinator")) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Upscales the films one after the other. A film that fails does not keep the next from its turn.
    /// - Throws: the first film's `CoordinatorError`; `CancellationError` where it was interrupted.
    public func run(
        _ requests: [JobRequest], restart: Bool = false, report: @escaping @Sendable (RunReport) -> Void
    ) async throws {
        let sockets = try PrivateDirectory()
        let farm = try await Farm.open(farmConfiguration(sockets), logger: logger)
        let workers = LocalWorkers(launches: launches(sockets), logger: logger)
        let serving = Task { await farm.dispatcher.run() }
        var failures: [CoordinatorError] = []
        for request in requests where !Task.isCancelled {
            do {
                try await FilmRun(farm: farm, workers: workers, request: request, restart: restart, report: report)
                    .run()
            } catch {
                let failure = CoordinatorError(error).naming(request.film)
                if requests.count > 1, !Task.isCancelled { report(.warning(failure.message)) }
                failures.append(failure)
            }
        }
        await workers.stop()
        serving.cancel()
        await farm.close()
        withExtendedLifetime(sockets) {}
        try Task.checkCancellation()
        if let first = failures.first { throw first }
    }

    private func farmConfiguration(_ sockets: PrivateDirectory) -> FarmConfiguration {
        var models = configuration.worker
        models.arguments += ["models"]
        var farm = FarmConfiguration(
            stateDirectory: configuration.stateDirectory, control: sockets.endpoint("control"),
            bulk: sockets.endpoint("bulk"), filmTool: configuration.filmTool, modelTool: models)
        farm.slots = configuration.workers
        farm.scheduler.reconnection = 0  // workers end with their coordinator
        return farm
    }

    private func launches(_ sockets: PrivateDirectory) -> [Launch] {
        (1...configuration.workers).map { number in
            var launch = configuration.worker
            launch.arguments += [
                "serve", "--coordinator", sockets.endpoint("control"), "--bulk", sockets.endpoint("bulk"), "--device",
                configuration.device, "--name", "local-\(number)", "--scratch",
                "\(configuration.stateDirectory)/scratch/\(number)", "--die-with-parent",
            ]
            if let threads = configuration.threads { launch.arguments += ["--threads", "\(threads)"] }
            launch.errorLog = "\(configuration.stateDirectory)/worker-\(number).log"
            return launch
        }
    }
}
