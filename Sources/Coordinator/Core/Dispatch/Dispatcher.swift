import FarmModel
import FarmProtocol
import Foundation
import Logging
import Media
import Messaging
import Scheduling

/// The thin shell around the scheduler: turns messages into its events, and carries out its actions in their order.
///
/// Events that wait are handled together, so that they share a commit; what is to be persisted is durable before anything
/// that depends on it is done or said (P5).
public actor Dispatcher {
    var scheduler: Scheduler
    var jobs: [JobID: ActiveJob] = [:]
    /// Attempts whose source packets are served and whose result is expected.
    var openAttempts = OpenAttempts()
    /// What the bulk channel received of them, whole and durable.
    var arrived: [AttemptID: BlobReference] = [:]
    /// Results that overtook their bytes: the channels are two.
    var early: [AttemptID: (result: SegmentResult, worker: WorkerID)] = [:]
    /// Hashes of the parameter sets of checked segments that the scheduler has not yet decided on.
    var checkedSets: [AttemptID: String] = [:]
    /// What attempts read of the spool before they go on.
    var reads = ReadQueue<SpoolRead>(most: max(2, ProcessInfo.processInfo.activeProcessorCount))
    /// How often reading failed for those that are tried again.
    var readTries: [AttemptID: Int] = [:]
    /// When the scheduler was last told of those that wait for that.
    var cutsRenewed = 0.0
    /// Children that join films.
    var joins: [JobID: Joining] = [:]
    var joinsBegun = 0
    /// Who is behind each connection that the scheduler knows.
    var senders: [WorkerID: Sender] = [:]
    /// Who is behind those whose hello waits for the scheduler.
    var arriving: [WorkerID: Sender] = [:]
    var models = ServedModels()
    var disk: DiskWatch?
    /// The queue cannot be written for want of space: nothing is decided on meanwhile.
    var isWaitingForSpace = false
    /// Workers that said more meanwhile than can wait.
    var passedOver: Set<WorkerID> = []
    /// Messages that could not be read.
    var unusable = 0
    /// Answers people's commands; nil where there are none to answer.
    var desk: (@Sendable (ClientRequest, Sender) async -> ClientReply)?
    /// Told of each job whose end is durable.
    var ended: (@Sendable (JobID, JobState) async -> Void)?
    let store: QueueStore
    let spool: Spool
    let control: ControlServer
    let bulk: BulkServer
    let filmTool: FilmTool
    let logger: Logger
    let inbox = EventInbox()
    let heartbeatInterval: Double
    /// What made the dispatcher stop, where it did not do so when told.
    private(set) var failure: CoordinatorError?

    /// - Parameter reserve: bytes of the spool's disk that stay free; nil: jobs fail where they cannot write.
    init(
        store: QueueStore, spool: Spool, control: ControlServer, bulk: BulkServer, filmTool: FilmTool,
        configuration: SchedulerConfiguration, heartbeatInterval: Double, reserve: Int64?, logger: Logger
    ) {
        self.store = store
        self.spool = spool
        self.control = control
        self.bulk = bulk
        self.filmTool = filmTool
        self.heartbeatInterval = heartbeatInterval
        self.logger = logger
        scheduler = Scheduler(configuration: configuration)
        disk = reserve.map { DiskWatch(path: spool.root, reserve: $0) }
    }

    /// Before `run`: who answers commands, and who hears of jobs that have ended.
    func connect(
        desk: @escaping @Sendable (ClientRequest, Sender) async -> ClientReply,
        ended: @escaping @Sendable (JobID, JobState) async -> Void
    ) {
        self.desk = desk
        self.ended = ended
    }

    /// Serves workers and clients until cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.receive() }
            group.addTask { await self.receiveBlobs() }
            group.addTask { await self.keepTime() }
            group.addTask { await self.work() }
            await group.next()
            group.cancelAll()
        }
        inbox.close()
        guard failure == nil, !Task.isCancelled else { return }
        failure = CoordinatorError(.farm, "the coordinator's sockets have closed; run again")
    }

    /// Queues an event behind those already there.
    nonisolated func submit(_ event: SchedulerEvent) { inbox.post(event) }

    /// Returns when what the event led to is durable.
    nonisolated func carryOut(_ event: SchedulerEvent) async throws { try await inbox.postAndWait(event) }

    private func work() async {
        while let entries = await inbox.take() {
            do {
                let actions = decide(entries)
                for action in actions { try await perform(action) }
                for entry in entries { entry.done?.resume() }
            } catch {
                // What could not be made durable must not be acted on, and the scheduler's state is ahead of the store.
                failure = CoordinatorError(.file, error.reason)
                for entry in entries { entry.done?.resume(throwing: error) }
                logger.critical("\(error)")
                return
            }
        }
    }

    private func decide(_ entries: [EventInbox.Entry]) -> [SchedulerAction] {
        for case .workerConnected(let worker, _) in entries.lazy.map(\.event) {
            if let sender = arriving.removeValue(forKey: worker) { senders[worker] = sender }
        }
        let actions = scheduler.handle(entries.map(\.event), at: Monotonic.seconds)
        if senders.count > scheduler.connectionCount { senders = senders.filter { scheduler.isConnected($0.key) } }
        return actions
    }

    private func keepTime() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(500))
            await lookAtDisk()
            renewCuts()
            if inbox.count < Self.mostWaiting { submit(.tick) }
        }
    }
}

/// Monotonic seconds for the scheduler.
enum Monotonic {
    static var seconds: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}
