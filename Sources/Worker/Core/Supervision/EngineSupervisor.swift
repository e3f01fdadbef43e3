public import EngineProtocol
public import FarmModel
public import FarmProtocol
internal import Foundation
public import Logging
public import Processes

/// Keeps one device's engine alive and its pipeline fed, and finds out which segment kills it.
///
/// Two segments may be inside an engine at once. When it dies with two inside, both go again, one at a time: the one
/// that kills it alone is to blame, and only that one's attempt fails.
public actor EngineSupervisor {
    let launch: Launch
    let logger: Logger
    var engine: ChildProcess?
    /// When the engine was started.
    var started = 0.0
    var slot: SlotDescription?
    var slotWaiters: [CheckedContinuation<SlotDescription, any Error>] = []
    /// Not yet handed to the engine, oldest first.
    var waiting: [SegmentOrder] = []
    /// Inside the engine.
    var inside: [SegmentOrder] = []
    /// Suspects of a crash, run one at a time.
    var suspects: Set<AttemptID> = []
    /// Inside the engine, and wanted by nobody any more.
    var cancelled: Set<AttemptID> = []
    /// Failed, and waiting for what the engine logged of it: that comes through another pipe.
    var failing: [AttemptID: EngineFailure] = [:]
    var results: [AttemptID: CheckedContinuation<SegmentResult, any Error>] = [:]
    var calibrations: [JobID: (waiter: CheckedContinuation<Calibration, any Error>, began: Double)] = [:]
    /// Frames encoded, and when the pipeline last moved for it.
    var progress: [AttemptID: (frames: Int, moved: Double)] = [:]
    /// What the engine said of why it ends.
    var lastWords: String?
    /// Engines in a row that ended before they were of any use.
    var uselessEngines = 0
    /// Why no more engine is started; everything asked for fails with it.
    var ended: EngineFailure?
    var log = EngineLog()
    /// Engines whose standard error has not been read to its end.
    var talking: Set<Int32> = []

    /// Segments inside the engine at once: the one that is being worked on and the next (P9).
    static let depth = 2
    /// So many useless engines in a row, and the device counts as unusable.
    static let uselessLimit = 3

    public init(launch: Launch, logger: Logger) {
        self.launch = launch
        self.logger = logger
    }

    /// Starts the engine and waits until it has told what its device is.
    public func start() async throws -> SlotDescription {
        if let ended { throw ended }
        try startEngine()
        return try await withCheckedThrowingContinuation { slotWaiters.append($0) }
    }

    /// Runs a segment to its end. A cancelled task's segment is stopped wherever it is.
    /// - Throws: `EngineFailure`, with `crashed` where the engine died of this segment; `CancellationError` where the
    ///   task was cancelled before.
    public func run(_ order: SegmentOrder) async throws -> SegmentResult {
        try Task.checkCancellation()
        if let ended { throw ended }
        let attempt = order.task.attempt
        progress[attempt] = (0, Clock.seconds)
        defer { progress[attempt] = nil }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                results[attempt] = continuation
                waiting.append(order)
                feed()
            }
        } onCancel: {
            Task { await self.cancel(attempt) }
        }
    }

    public func calibrate(_ request: CalibrationRequest, modelPath: String?) async throws -> Calibration {
        if let ended { throw ended }
        return try await withCheckedThrowingContinuation { continuation in
            let earlier = calibrations.updateValue((continuation, Clock.seconds), forKey: request.job)
            earlier?.waiter.resume(throwing: EngineFailure(reason: "asked for again"))
            send(.calibrate(request, modelPath: modelPath))
        }
    }

    /// Ends an attempt that nobody wants any more.
    func cancel(_ attempt: AttemptID) {
        if let index = waiting.firstIndex(where: { $0.task.attempt == attempt }) {
            waiting.remove(at: index)
            end(attempt, .failure(EngineFailure(reason: "cancelled")))
        } else if inside.contains(where: { $0.task.attempt == attempt }) {
            cancelled.insert(attempt)
            send(.cancel(attempt))
        }
    }

    /// Frames encoded so far.
    func frames(of attempt: AttemptID) -> Int { progress[attempt]?.frames ?? 0 }

    public func stop() {
        endAll(EngineFailure(reason: "the worker stops"))
        engine?.signal(SIGKILL)
    }

    func feed() {
        let depth = suspects.isEmpty ? Self.depth : 1
        while inside.count < depth, slot != nil, !waiting.isEmpty {
            let order = waiting.removeFirst()
            inside.append(order)
            progress[order.task.attempt] = (0, Clock.seconds)
            send(.segment(order))
        }
    }

    private func send(_ command: EngineCommand) {
        // A broken pipe means the engine is gone; the end of its events says so too, and is where it is dealt with.
        do { try engine?.send(command) } catch { logger.debug("engine does not take commands: \(error.reason)") }
    }

    func end(_ attempt: AttemptID, _ outcome: Result<SegmentResult, any Error>) {
        inside.removeAll { $0.task.attempt == attempt }
        suspects.remove(attempt)
        cancelled.remove(attempt)
        failing[attempt] = nil
        results.removeValue(forKey: attempt)?.resume(with: outcome)
        feed()
    }
}
