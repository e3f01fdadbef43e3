import FarmModel
import FarmProtocol
import Foundation
public import Logging
public import Messaging
public import Processes
public import Scheduling

/// What a coordinator is built from.
public struct FarmConfiguration: Sendable {
    public var stateDirectory: String
    /// Where workers connect.
    public var control: String
    public var bulk: String
    /// The child that parses films: `coordinator film`.
    public var filmTool: Launch
    /// The child that knows models: `worker models`.
    public var modelTool: Launch
    public var scheduler: SchedulerConfiguration
    /// Seconds between a worker's heartbeats.
    public var heartbeatInterval: Double
    /// Who is let in.
    public var security = EndpointSecurity.localOnly
    /// Bytes of the spool's disk that stay free, jobs waiting where there is less; nil: jobs fail where they cannot write.
    public var reserve: Int64?
    /// How many slots there are where it is known before workers connect.
    public var slots: Int?

    public init(
        stateDirectory: String, control: String, bulk: String, filmTool: Launch = .myself(["film"]),
        modelTool: Launch = .sibling("worker-engine", ["models"]),
        scheduler: SchedulerConfiguration = SchedulerConfiguration(),
        heartbeatInterval: Double = 1
    ) {
        self.stateDirectory = stateDirectory
        self.control = control
        self.bulk = bulk
        self.filmTool = filmTool
        self.modelTool = modelTool
        self.scheduler = scheduler
        self.heartbeatInterval = heartbeatInterval
    }
}

/// A coordinator with all its parts: state directory, queue, sockets, dispatcher. Built in one place, for the commands
/// and for tests.
public struct Farm: Sendable {
    public let dispatcher: Dispatcher
    let preparation: @Sendable (@escaping @Sendable (RunReport) -> Void) -> JobPreparation
    let models: ModelResolver
    let store: QueueStore
    let bulk: BulkServer
    private let state: StateDirectory
    private let context: MessagingContext
    private let control: ControlServer

    /// Locks the state directory, opens the queue, and listens.
    /// - Throws: `CoordinatorError`
    public static func open(_ configuration: FarmConfiguration, logger: Logger) async throws -> Farm {
        do { return try await Farm(configuration, logger: logger) } catch let error as StateDirectoryError {
            throw CoordinatorError(.file, error.description)
        } catch let error as QueueStoreError {
            throw CoordinatorError(.file, error.description)
        } catch let error as MessagingError {
            throw CoordinatorError(error)
        }
    }

    private init(_ configuration: FarmConfiguration, logger: Logger) async throws {
        let path = configuration.stateDirectory
        state = try await BlockingWork.run { try StateDirectory(at: URL(fileURLWithPath: path)) }
        store = try await QueueStore(path: state.queuePath)
        let spool = Spool(stateDirectory: path)
        let unfinished = try await store.files(in: [.running, .concatenating, .failed, .cancelled]).map(\.id)
        try await BlockingWork.run { try spool.sweep(keeping: unfinished) }
        context = try MessagingContext()
        control = try ControlServer(
            context: context, endpoint: try EndpointAddress(configuration.control), security: configuration.security,
            logger: logger)
        bulk = try BulkServer(
            context: context, endpoint: try EndpointAddress(configuration.bulk), security: configuration.security,
            logger: logger)
        let filmTool = FilmTool(launch: configuration.filmTool)
        models = ModelResolver(launch: configuration.modelTool)
        dispatcher = Dispatcher(
            store: store, spool: spool, control: control, bulk: bulk, filmTool: filmTool,
            configuration: configuration.scheduler, heartbeatInterval: configuration.heartbeatInterval,
            reserve: configuration.reserve, logger: logger)
        let known = configuration.slots
        let reserve = configuration.reserve ?? 0
        preparation = { [store, dispatcher, models] report in
            JobPreparation(
                store: store, spool: spool, filmTool: filmTool, models: models, stateDirectory: path,
                slots: { if let known { known } else { await dispatcher.slotCount } },
                keptSpace: { await dispatcher.outstandingSpace + reserve }, report: report)
        }
    }

    /// Stops listening and gives the state directory free.
    func close() async {
        await control.close()
        await bulk.close()
        await context.shutDown()
        // The lock goes with the process in any case; a database that cannot be closed is as durable as one that can.
        try? store.close()
        withExtendedLifetime(state) {}
    }
}
