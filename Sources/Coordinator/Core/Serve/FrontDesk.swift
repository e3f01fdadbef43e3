import FarmModel
import FarmProtocol
import Foundation
import Logging
import Media
import Messaging

/// Answers people's commands: who may ask what, and what the answer is.
actor FrontDesk {
    let dispatcher: Dispatcher
    let store: QueueStore
    let bulk: BulkServer
    let intake: Intake
    let models: ModelResolver
    let uploads: UploadStore
    let shelf: FilmShelf
    let roots: AllowedRoots
    let spool: Spool
    let reserve: Int64
    let logger: Logger
    /// Finished films that are being served, by their jobs: hashing one again for each request would take long.
    var served: [JobID: (blob: BlobReference, changed: Date)] = [:]
    /// Jobs between `submit`'s look for their token and their submission's place in the store.
    var arriving: [String: Task<JobID, any Error>] = [:]
    /// Files that clients bring, by where they go.
    var opened: [String: OpenUpload] = [:]
    /// Unfinished jobs that could not be taken up, and why.
    var absent: [JobID: String] = [:]
    /// Those that wait for their turn with something, of each that somebody is at.
    var turns: [Turn: [CheckedContinuation<Void, Never>]] = [:]
    /// Requests that are being answered, by the keys that they came with.
    private var asking: [String: Int] = [:]

    init(
        dispatcher: Dispatcher, store: QueueStore, bulk: BulkServer, intake: Intake, models: ModelResolver,
        uploads: UploadStore, shelf: FilmShelf, roots: AllowedRoots, spool: Spool, reserve: Int64, logger: Logger
    ) {
        self.dispatcher = dispatcher
        self.store = store
        self.bulk = bulk
        self.intake = intake
        self.models = models
        self.uploads = uploads
        self.shelf = shelf
        self.roots = roots
        self.spool = spool
        self.reserve = reserve
        self.logger = logger
    }

    /// Requests of one key that are answered at a time: a person's commands wait for their answers.
    private static let mostAsking = 64

    func answer(_ request: ClientRequest, from sender: Sender) async -> ClientReply {
        let name = sender.name ?? ""
        asking[name, default: 0] += 1
        defer { asking[name] = asking[name].flatMap { $0 > 1 ? $0 - 1 : nil } }
        do {
            guard asking[name, default: 0] <= Self.mostAsking else {
                throw CoordinatorError(.farm, "the key \(name) asks too much at once: try again")
            }
            guard sender.may(.client) else {
                throw CoordinatorError(.farm, "the key \(sender.name ?? "") is a worker's, and may not ask that")
            }
            return ClientReply(id: request.id, answer: try await answer(request.ask, from: sender))
        } catch {
            return ClientReply(id: request.id, answer: .refused(CoordinatorError(error).refusal))
        }
    }

    private func answer(_ ask: ClientRequest.Ask, from sender: Sender) async throws -> ClientReply.Answer {
        switch ask {
        case .ping: return .done("")
        case .resolve(let model, let upload, let scale, let reach):
            return .model(try await resolve(model, upload, scale: scale, reach: reach))
        case .upload(let upload): return try await expect(upload, from: sender)
        case .submit(let submission): return .submitted(job: try await submit(submission, from: sender))
        case .queue(let all, let from): return .queue(try await queue(all: all, from: from ?? 0))
        case .show(let job): return .job(try await detail(job))
        case .workers: return .workers(try await workers())
        case .logs(let job, let after): return .logs(try await history(job, after: after))
        case .fetch(let job):
            try await requireOwner(of: job, sender, "fetch it")
            return .film(try await offer(job, to: sender))
        case .act(let job, let action):
            try await requireOwner(of: job, sender, "act on it")
            return .done(try await act(job, action))
        case .manage(let worker, let action):
            guard sender.may(.operator) else {
                throw CoordinatorError(
                    .farm, "the key \(sender.name ?? "") is a client's: an operator's is needed for that")
            }
            return .done(try await dispatcher.manage(worker, action))
        }
    }

    /// A job belongs to the key that it was submitted with; operators may do everything.
    private func requireOwner(of job: JobID, _ sender: Sender, _ what: String) async throws {
        if sender.may(.operator) { return }
        let owner = try await find(job).owner
        guard owner == sender.name else {
            let whose = owner.map { "belongs to \($0): only that key, or an operator's," }
            throw CoordinatorError(
                .farm, "job \(job) \(whose ?? "is the coordinator's own: only an operator's key") may \(what)")
        }
    }

    /// A job wherever it stands.
    enum Standing {
        case submission(SubmissionRecord)
        case job(JobRecord)

        var owner: String? {
            switch self {
            case .submission(let submission): submission.owner
            case .job(let record): record.plan.owner
            }
        }
    }

    /// - Throws: where there is no such job.
    func find(_ id: JobID) async throws -> Standing {
        if let submission = try await store.submissions().first(where: { $0.id == id }) {
            return .submission(submission)
        }
        guard let record = try await store.job(id) else {
            throw CoordinatorError(.usage, "there is no job \(id): `coordinator queue --all` lists them")
        }
        return .job(record)
    }
}
