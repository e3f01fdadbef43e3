import FarmModel
import FarmProtocol
import Foundation
public import Logging
import Messaging

/// A worker's dealings with its coordinator: hello, leases, heartbeats, results.
///
/// Every lease is one task that walks fetch → run → deliver; the session only routes messages to them.
public actor WorkerSession {
    let configuration: WorkerConfiguration
    let logger: Logger
    private let control: ControlClient
    let bulk: BulkClient
    let engines: [EngineSupervisor]
    let models: ModelFinder
    private var slots: [SlotDescription] = []
    var held: [AttemptID: HeldLease] = [:]
    var draining = false
    /// The coordinator has answered this connection's hello; before, it would take a heartbeat for a stranger's.
    var isWelcome = false
    var heartbeatInterval = 2.0
    /// Why `run` must end, where it does not end in order.
    var end: (any Error)?
    /// The control channel's events, which `finish` ends.
    private let events: AsyncStream<ClientEvent>
    let finish: @Sendable () -> Void

    /// A lease in this worker's hands.
    struct HeldLease {
        var slot: Int
        var work: Task<Void, Never>
        /// Set once the result is on its way; answered by accepted or refused.
        var result: SegmentResult?
    }

    public init(configuration: WorkerConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        let context = try MessagingContext()
        control = try ControlClient(
            context: context, endpoint: try EndpointAddress(configuration.control), logger: logger)
        bulk = try BulkClient(context: context, endpoint: try EndpointAddress(configuration.bulk), logger: logger)
        (events, finish) = Self.endable(control.events)
        models = ModelFinder(configuration.models)
        engines = configuration.engines.map { EngineSupervisor(launch: $0, logger: logger) }
    }

    /// Works until drained or rejected.
    /// - Throws: `WorkerError` where the coordinator refuses this worker; `EngineFailure` where no engine starts.
    public func run() async throws {
        do {
            for engine in engines { slots.append(try await engine.start()) }
            let heart = Task { await beat() }
            await listen()
            heart.cancel()
        } catch {
            await stop()
            throw error
        }
        send(.goodbye)
        await stop()
        if let end { throw end }
    }

    /// Finishes what is leased, takes no more, and ends `run`.
    public func drain() {
        draining = true
        send(.draining)
        if held.isEmpty { finish() }
    }

    private func listen() async {
        for await event in events {
            switch event {
            case .connected: connected()
            case .disconnected: logger.warning("coordinator out of reach; trying again")
            case .undelivered: break  // said again, or lapsed, after the next hello
            case .message(let data): receive(data)
            }
        }
    }

    /// The coordinator takes this connection for a stranger's: it is told who this is, and what is already done.
    private func connected() {
        isWelcome = false
        send(.hello(WorkerHello(worker: configuration.identity, slots: slots)))
        for lease in held.values { if let result = lease.result { send(.result(result)) } }
    }

    private func stop() async {
        for lease in held.values { lease.work.cancel() }
        for engine in engines { await engine.stop() }
        await control.close()
        await bulk.close()
    }

    private func receive(_ data: Data) {
        do { obey(try CoordinatorMessage(decoding: data)) } catch {
            end = WorkerError.rejected(error.reason)
            finish()
        }
    }

    private func obey(_ message: CoordinatorMessage) {
        switch message {
        case .welcome(let welcome):
            heartbeatInterval = welcome.heartbeatInterval
            isWelcome = true
            if draining { send(.draining) }
        case .reject(let reason):
            end = WorkerError.rejected(reason)
            finish()
        case .stranger: connected()
        case .calibrate(let request): Task { await calibrate(request) }
        case .lease(let lease): begin(lease)
        case .accepted(let attempt): forget(attempt)
        case .refused(let attempt, let reason):
            logger.warning("result refused: \(reason)", metadata: ["attempt": "\(attempt)"])
            forget(attempt)
        case .cancel(let attempt): Task { await cancel(attempt) }
        case .drain: drain()
        }
    }

    /// A stream that can be ended from this side.
    private static func endable(_ source: AsyncStream<ClientEvent>) -> (AsyncStream<ClientEvent>, @Sendable () -> Void)
    {
        let (stream, continuation) = AsyncStream.makeStream(of: ClientEvent.self)
        Task {
            for await event in source { continuation.yield(event) }
            continuation.finish()
        }
        return (stream, { continuation.finish() })
    }

    func send(_ message: WorkerMessage) {
        do { control.send(try message.encoded()) } catch { logger.error("cannot write a message: \(error)") }
    }
}
