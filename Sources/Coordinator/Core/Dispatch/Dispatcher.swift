import FarmModel
import FarmProtocol
import Foundation
import Logging
import Media
import Messaging

/// The thin shell around the scheduler: turns messages into its events, and carries out its actions in their order.
///
/// One event at a time: what is to be persisted is durable before anything that depends on it is done or said (P5).
public actor Dispatcher {
    var scheduler: Scheduler
    var jobs: [JobID: ActiveJob] = [:]
    /// Attempts whose source packets are served and whose result is expected.
    var openAttempts: Set<AttemptID> = []
    /// What the bulk channel received of them, whole and durable.
    var arrived: [AttemptID: BlobReference] = [:]
    /// Results that overtook their bytes: the channels are two.
    var early: [AttemptID: (result: SegmentResult, worker: WorkerID)] = [:]
    /// Hashes of the parameter sets of checked segments that the scheduler has not yet decided on.
    var checkedSets: [AttemptID: String] = [:]
    let store: QueueStore
    let spool: Spool
    let control: ControlServer
    let bulk: BulkServer
    let filmTool: FilmTool
    let logger: Logger
    private let heartbeatInterval: Double
    private let inbox: AsyncStream<SchedulerEvent>
    private let post: AsyncStream<SchedulerEvent>.Continuation
    /// What made the dispatcher stop, where it did not do so when told.
    private(set) var failure: CoordinatorError?

    init(
        store: QueueStore, spool: Spool, control: ControlServer, bulk: BulkServer, filmTool: FilmTool,
        configuration: SchedulerConfiguration, heartbeatInterval: Double, logger: Logger
    ) {
        self.store = store
        self.spool = spool
        self.control = control
        self.bulk = bulk
        self.filmTool = filmTool
        self.heartbeatInterval = heartbeatInterval
        self.logger = logger
        scheduler = Scheduler(configuration: configuration)
        (inbox, post) = AsyncStream.makeStream(of: SchedulerEvent.self)
    }

    /// Serves workers until cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.receive() }
            group.addTask { await self.receiveBlobs() }
            group.addTask { await self.keepTime() }
            group.addTask { await self.work() }
            await group.next()
            group.cancelAll()
        }
        guard failure == nil, !Task.isCancelled else { return }
        failure = CoordinatorError(.farm, "the coordinator's sockets have closed; run again")
    }

    /// Queues an event behind those already there.
    nonisolated func submit(_ event: SchedulerEvent) { post.yield(event) }

    private func work() async {
        for await event in inbox {
            do {
                for action in scheduler.handle(event, at: Monotonic.seconds) { try await perform(action) }
            } catch {
                // What could not be made durable must not be acted on, and the scheduler's state is ahead of the store.
                failure = CoordinatorError(.file, error.reason)
                logger.critical("\(error)")
                return
            }
        }
    }

    private func keepTime() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(500))
            submit(.tick)
        }
    }

    private func receive() async {
        for await event in control.events {
            switch event {
            case .message(let peer, _, let data): hear(data, from: peer)
            case .unreachable(let peer), .revoked(let peer): submit(.workerGone(WorkerID(peer)))
            }
        }
    }

    /// The channel stops where nobody listens.
    private func receiveBlobs() async {
        for await event in bulk.events {
            switch event {
            case .received(let blob): await take(blob)
            case .refused(let id, let reason), .noSpace(let id, let reason):
                logger.warning(
                    "a delivered segment did not arrive whole", metadata: ["blob": "\(id)", "reason": "\(reason)"])
            }
        }
    }

    private func hear(_ data: Data, from peer: PeerID) {
        let worker = WorkerID(peer)
        do {
            switch try WorkerMessage(decoding: data) {
            case .hello(let hello): submit(.workerConnected(worker, hello))
            case .heartbeat(let heartbeat): submit(.heartbeat(worker, heartbeat))
            case .calibrated(let calibration): submit(.calibrated(worker, calibration))
            case .failure(let failure): submit(.failed(worker, failure))
            case .draining: submit(.drain(worker))
            case .goodbye: submit(.goodbye(worker))
            case .result(let result): Task { await check(result, from: worker) }
            }
        } catch {
            logger.warning("a message that cannot be used", metadata: ["peer": "\(peer)", "error": "\(error)"])
            send(.reject(reason: "\(error)"), to: worker)
        }
    }

    func send(_ message: CoordinatorMessage, to worker: WorkerID) {
        do { control.send(try message.encoded(), to: PeerID(worker)) } catch {
            logger.error("cannot write a message: \(error)")
        }
    }

    func welcome(_ worker: WorkerID) { send(.welcome(Welcome(heartbeatInterval: heartbeatInterval)), to: worker) }
}

/// Monotonic seconds for the scheduler.
enum Monotonic {
    static var seconds: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}
