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
    private let launch: Launch
    private let logger: Logger
    private var engine: ChildProcess?
    private var slot: SlotDescription?
    private var slotWaiters: [CheckedContinuation<SlotDescription, any Error>] = []
    /// Not yet handed to the engine, oldest first.
    private var waiting: [SegmentOrder] = []
    /// Inside the engine.
    private var inside: [SegmentOrder] = []
    /// Suspects of a crash, run one at a time.
    private var suspects: Set<AttemptID> = []
    private var results: [AttemptID: CheckedContinuation<SegmentResult, any Error>] = [:]
    private var calibrations: [JobID: CheckedContinuation<Calibration, any Error>] = [:]
    private var progress: [AttemptID: (frames: Int, moved: Double)] = [:]
    private var failedStarts = 0
    private var stopped = false

    /// Segments inside the engine at once: the one that is being worked on and the next (P9).
    static let depth = 2
    /// Starts without a first word from the engine after which the device counts as unusable.
    static let startLimit = 3

    public init(launch: Launch, logger: Logger) {
        self.launch = launch
        self.logger = logger
    }

    /// Starts the engine and waits until it has told what its device is.
    public func start() async throws -> SlotDescription {
        try startEngine()
        return try await withCheckedThrowingContinuation { slotWaiters.append($0) }
    }

    /// Runs a segment to its end.
    /// - Throws: `EngineFailure`, with `crashed` where the engine died of this segment.
    public func run(_ order: SegmentOrder) async throws -> SegmentResult {
        let attempt = order.task.attempt
        progress[attempt] = (0, Clock.seconds)
        defer { progress[attempt] = nil }
        return try await withCheckedThrowingContinuation { continuation in
            results[attempt] = continuation
            waiting.append(order)
            feed()
        }
    }

    public func calibrate(_ request: CalibrationRequest, modelPath: String?) async throws -> Calibration {
        try await withCheckedThrowingContinuation { continuation in
            calibrations[request.job] = continuation
            send(.calibrate(request, modelPath: modelPath))
        }
    }

    /// Ends an attempt that nobody wants any more.
    public func cancel(_ attempt: AttemptID) {
        if let index = waiting.firstIndex(where: { $0.task.attempt == attempt }) {
            waiting.remove(at: index)
            end(attempt, .failure(EngineFailure(reason: "cancelled", crashed: false)))
        } else if inside.contains(where: { $0.task.attempt == attempt }) {
            send(.cancel(attempt))
        }
    }

    /// Frames encoded, and seconds since the pipeline last moved for this attempt; nil where it is not begun.
    func progress(of attempt: AttemptID) -> (frames: Int, idle: Double)? {
        guard inside.contains(where: { $0.task.attempt == attempt }), let seen = progress[attempt] else { return nil }
        return (seen.frames, Clock.seconds - seen.moved)
    }

    public func stop() {
        stopped = true
        engine?.signal(SIGKILL)
    }

    private func feed() {
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

    private func startEngine() throws {
        let engine = try ChildProcess(launch, name: "engine")
        self.engine = engine
        Task {
            for await line in engine.lines { hear(line) }
            await engineEnded(engine)
        }
    }

    private func hear(_ line: Data) {
        do { handle(try JSONLine.decode(line)) } catch {
            logger.error("the engine said what is no event: \(String(decoding: line, as: UTF8.self))")
        }
    }

    private func handle(_ event: EngineEvent) {
        switch event {
        case .ready(let description):
            failedStarts = 0
            slot = description
            slotWaiters.forEach { $0.resume(returning: description) }
            slotWaiters = []
            feed()
        case .progress(let attempt, let frames): progress[attempt] = (frames, Clock.seconds)
        case .finished(let result): end(result.attempt, .success(result))
        case .failed(let attempt, let reason):
            end(attempt, .failure(EngineFailure(reason: reason, crashed: false)))
        case .calibrated(let calibration):
            calibrations.removeValue(forKey: calibration.job)?.resume(returning: calibration)
        case .calibrationFailed(let job, let reason):
            calibrations.removeValue(forKey: job)?.resume(throwing: EngineFailure(reason: reason, crashed: false))
        case .notice(let text): logger.notice("\(text)")
        }
    }

    private func end(_ attempt: AttemptID, _ outcome: Result<SegmentResult, any Error>) {
        inside.removeAll { $0.task.attempt == attempt }
        suspects.remove(attempt)
        results.removeValue(forKey: attempt)?.resume(with: outcome)
        feed()
    }

    private func engineEnded(_ ended: ChildProcess) async {
        let reason = "\(await ended.exit())"
        guard !stopped else { return endAll("the worker stops") }
        logger.warning("engine \(reason)", metadata: ["inside": "\(inside.map(\.task.attempt))"])
        if slot == nil { failedStarts += 1 }
        engine = nil
        slot = nil
        calibrations.values.forEach {
            $0.resume(throwing: EngineFailure(reason: "the engine was \(reason)", crashed: true))
        }
        calibrations = [:]
        judge(reason)
        restart(after: reason)
    }

    /// One segment inside is guilty; of two, each is tried alone.
    private func judge(_ reason: String) {
        if inside.count == 1, let only = inside.first {
            end(only.task.attempt, .failure(EngineFailure(reason: "the engine was \(reason)", crashed: true)))
        } else {
            suspects.formUnion(inside.map(\.task.attempt))
            waiting.insert(contentsOf: inside, at: 0)
            inside = []
        }
    }

    private func restart(after reason: String) {
        guard failedStarts < Self.startLimit else {
            return endAll("the engine does not start (\(reason)); run `worker models` to see what libtorch says")
        }
        do { try startEngine() } catch { endAll("cannot start the engine \(launch.executable): \(error.reason)") }
    }

    private func endAll(_ reason: String) {
        let failure = EngineFailure(reason: reason, crashed: false)
        slotWaiters.forEach { $0.resume(throwing: failure) }
        slotWaiters = []
        calibrations.values.forEach { $0.resume(throwing: failure) }
        calibrations = [:]
        results.values.forEach { $0.resume(throwing: failure) }
        results = [:]
        waiting = []
        inside = []
    }
}

/// Why an attempt, a calibration or an engine came to nothing.
public struct EngineFailure: Error, CustomStringConvertible {
    public var reason: String
    /// The engine died of it.
    public var crashed: Bool

    public var description: String { reason }
}
