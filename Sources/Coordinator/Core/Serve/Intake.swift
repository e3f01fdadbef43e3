import FarmModel
import Foundation
import Logging

/// Makes jobs of what clients submitted, one after the other: reading a film is the disk's work. What is not done when the
/// coordinator stops is done by the next one.
actor Intake {
    private let store: QueueStore
    private let preparation: @Sendable (@escaping @Sendable (RunReport) -> Void) -> JobPreparation
    private let enter: @Sendable (JobPreparation.Prepared) async throws -> Void
    private let logger: Logger
    /// Told of each submission that came to nothing.
    private var ended: (@Sendable (SubmissionRecord, String) async -> Void)?
    /// Films that wait for space, and what they lack.
    private(set) var held: [JobID: String] = [:]
    private var current: (job: JobID, task: Task<Void, Never>)?
    private var isStopping = false
    /// How far the film that is being read is.
    private(set) var progress: [JobID: RunProgress] = [:]

    /// - Parameter enter: takes a job that is in the store.
    init(
        store: QueueStore, preparation: @escaping @Sendable (@escaping @Sendable (RunReport) -> Void) -> JobPreparation,
        logger: Logger, enter: @escaping @Sendable (JobPreparation.Prepared) async throws -> Void
    ) {
        self.store = store
        self.preparation = preparation
        self.logger = logger
        self.enter = enter
    }

    func connect(ended: @escaping @Sendable (SubmissionRecord, String) async -> Void) { self.ended = ended }

    /// Begins with the oldest that waits, unless one is being made.
    func proceed() async {
        guard current == nil, !isStopping else { return }
        do {
            let queued = try await store.submissions().filter { $0.state == .queued && held[$0.id] == nil }
            guard let next = Self.first(queued), current == nil else { return }
            current = (next.id, Task { await make(next) })
            progress[next.id] = RunProgress(film: "", phase: .indexing, frames: 0, total: 0, seconds: 0)
        } catch { logger.error("cannot read what was submitted: \(error.reason)") }
    }

    /// Of those with the highest priority the oldest.
    private static func first(_ queued: [SubmissionRecord]) -> SubmissionRecord? {
        func priority(_ submission: SubmissionRecord) -> Int {
            (try? JSONDecoder().decode(JobRequest.self, from: Data(submission.request.utf8)))?.priority ?? 0
        }
        let ranked = queued.map { ($0, priority($0)) }
        return ranked.min { ($1.1, $0.0.order) < ($0.1, $1.0.order) }?.0
    }

    /// Gives up a film that is being read; its submission counts as failed.
    /// - Returns: false where there is none of that id.
    func cancel(_ id: JobID) async throws -> Bool {
        let found = try await store.submissions().first { $0.id == id && $0.state == .queued }
        guard let submission = found else { return false }
        try await store.failSubmission(id, reason: Self.cancelled)
        if current?.job == id { current?.task.cancel() }
        if let ended { Task { await ended(submission, Self.cancelled) } }
        return true
    }

    /// Leaves what is being read for the next start.
    func stop() async {
        isStopping = true
        current?.task.cancel()
        await current?.task.value
    }

    static let cancelled = "cancelled"

    private func make(_ submission: SubmissionRecord) async {
        do {
            let request = try JSONDecoder().decode(JobRequest.self, from: Data(submission.request.utf8))
            let maker = preparation { [weak self] report in
                guard case .progress(let progress) = report else { return }
                Task { await self?.note(progress, of: submission.id) }
            }
            let job = try await maker.make(request, as: submission.id) { [store] record in
                try await store.insert(record, replacing: submission.id)
            }
            try await enter(job)
        } catch {
            let isHeld = if let reason = SpaceShortage.reason(error) { await hold(submission, reason) } else { false }
            if !isHeld { await fail(submission, error) }
        }
        progress[submission.id] = nil
        current = nil
        await proceed()
    }

    /// A disk that is full is waited for.
    /// - Returns: false for one that does not wait any more.
    private func hold(_ submission: SubmissionRecord, _ reason: String) async -> Bool {
        let waiting = try? await store.submissions().first { $0.id == submission.id }
        guard !isStopping, waiting?.state == .queued else { return false }
        logger.warning("a film waits for space", metadata: ["job": "\(submission.id)", "reason": "\(reason)"])
        held[submission.id] = reason
        Task {
            try? await Task.sleep(for: Self.pause)
            held[submission.id] = nil
            await proceed()
        }
        return true
    }

    private static let pause = Duration.seconds(15)

    private func note(_ progress: RunProgress, of job: JobID) {
        if current?.job == job { self.progress[job] = progress }
    }

    private func fail(_ submission: SubmissionRecord, _ error: any Error) async {
        guard !isStopping else { return }
        let id = submission.id
        let reason = Self.reason(error, submission)
        logger.error("a film cannot become a job", metadata: ["job": "\(id)", "reason": "\(reason)"])
        do {
            let waiting = try await store.submissions().first { $0.id == id }
            if waiting?.state == .queued {
                try await store.failSubmission(id, reason: reason)
                if let ended { Task { await ended(submission, reason) } }
            }
            // It became a job, and could not be taken up.
            if waiting == nil { try await store.apply([.state(id, .failed, reasons: [reason])]) }
        } catch { logger.error("cannot note it: \(error.reason)", metadata: ["job": "\(id)"]) }
    }

    /// In the user's words: where an uploaded film lies is the coordinator's own business.
    private static func reason(_ error: any Error, _ submission: SubmissionRecord) -> String {
        let reason = CoordinatorError(error).message
        let request = try? JSONDecoder().decode(JobRequest.self, from: Data(submission.request.utf8))
        guard let request, let name = request.name else { return reason }
        return reason.replacingOccurrences(of: request.film, with: name)
    }
}
