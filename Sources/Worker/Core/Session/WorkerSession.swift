import FarmModel
import FarmProtocol
import Foundation
public import Logging
import Messaging
internal import Processes
import Synchronization

/// A worker's dealings with its coordinator: hello, leases, heartbeats, results.
///
/// Every lease is one task that walks fetch → run → deliver; the session only routes messages to them. `Holdings`
/// decides what is in hand and what has still to be told.
public actor WorkerSession {
    let configuration: WorkerConfiguration
    let logger: Logger
    private let context: MessagingContext
    let control: ControlClient
    let channel: BulkClient
    let bulk: PatientBulk
    let models: ModelFinder
    /// Those that started, one a slot.
    var engines: [EngineSupervisor] = []
    var slots: [SlotDescription] = []
    var holdings = Holdings()
    /// The tasks of the attempts in hand.
    var works: [AttemptID: (work: LeaseWork, task: Task<Void, Never>)] = [:]
    /// The jobs that slots calibrate now.
    var calibrating: [Int: JobID] = [:]
    var isDraining = false
    var isConnected = false
    /// The coordinator has answered this connection's hello; before, it would take a heartbeat for a stranger's.
    var isWelcome = false
    var heartbeatInterval = 2.0
    /// Messages of the coordinator that made no sense.
    var unreadable = 0
    /// Connections in a row that the coordinator's side did not let in.
    var denials = 0
    /// When the coordinator last said anything, and how often it was greeted since to see whether it would.
    var lastHeard = Clock.seconds
    var unansweredGreetings = 0
    private var isFinished = false
    /// Why `run` must end, where it does not end in order.
    private(set) var end: (any Error)?
    private var listening: Task<Void, Never>?

    /// - Throws: `MessagingError` for an endpoint that can never be connected to.
    public init(configuration: WorkerConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        context = try MessagingContext()
        control = try ControlClient(
            context: context, endpoint: configuration.control, security: configuration.security, logger: logger)
        channel = try BulkClient(
            context: context, endpoint: configuration.bulk, security: configuration.security,
            timing: configuration.bulkLimits.timing, logger: logger)
        let standing = Standing()
        self.standing = standing
        bulk = PatientBulk(
            bulk: channel, endpoint: configuration.bulk, limits: configuration.bulkLimits, logger: logger
        ) { standing.welcomeFor }
        models = ModelFinder(configuration.models, configuration.fetchedModels, bulk)
    }

    /// Since when this worker is welcome, for those outside the actor.
    final class Standing: Sendable {
        private let since = Mutex<Double?>(nil)
        var welcomeFor: Double? { since.withLock { $0.map { Clock.seconds - $0 } } }
        /// Welcome once more is welcome as before.
        func set(_ isWelcome: Bool) { since.withLock { $0 = isWelcome ? $0 ?? Clock.seconds : nil } }
    }
    private let standing: Standing

    /// Works until drained or rejected.
    /// - Throws: `WorkerError` where the coordinator refuses this worker; `EngineFailure` where no engine stays up.
    public func run() async throws {
        let heart = Task { await beat() }
        do { try await startEngines() } catch { end = end ?? error }
        if end == nil, !isFinished { await listen() }
        heart.cancel()
        send(.goodbye)
        await stop()
        if let end { throw end }
    }

    /// Finishes what is leased, takes no more, and ends `run`.
    public func drain() {
        // The coordinator answers `draining` with `drain`: once is enough.
        if !isDraining {
            isDraining = true
            logger.notice("draining", metadata: ["in hand": "\(holdings.attempts)"])
            if isWelcome { send(.draining) }
        }
        finishIfDrained()
    }

    func finishIfDrained() {
        if isDraining, holdings.isIdle { finish() }
    }

    /// Ends `run` with `error`, or in order.
    func finish(_ error: (any Error)? = nil) {
        end = end ?? error
        isFinished = true
        listening?.cancel()
    }

    /// Ends `run` with `error` once what the other slots hold is done.
    func drain(becauseOf error: any Error) {
        end = end ?? error
        drain()
    }

    func setWelcome(_ value: Bool) {
        isWelcome = value
        standing.set(value)
    }

    func send(_ message: WorkerMessage) {
        do { control.send(try message.encoded()) } catch { logger.error("cannot write a message: \(error)") }
    }

    private func listen() async {
        let task = Task {
            for await event in control.events { hear(event) }
        }
        listening = task
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        if !isFinished, !Task.isCancelled { end = end ?? WorkerError.closed }
    }

    private func stop() async {
        for held in works.values { held.task.cancel() }
        for engine in engines { await engine.stop() }
        await control.close()
        await channel.close()
        await context.shutDown()  // what was said last still goes out
    }
}
