import FarmModel
import FarmProtocol
import Foundation
import Hashing
import Media
import Messaging

extension FrontDesk {
    /// One that was uploaded is looked at as one that is named.
    func resolve(_ name: String, _ upload: Upload?, scale: Int?, reach: Int?) async throws -> ModelReference {
        try JobSettings(model: name, scale: scale).check()
        let model = try modelName(name, upload)
        let reach = reach.map { max(1, $0) }  // a stranger's number: no option of a command
        var reference = try await alone(with: .models) {
            try await models.resolve(model, scale: scale, reach: reach)
        }
        reference.path = nil  // the coordinator's own business
        return reference
    }

    /// A model's name, or the path of its file here.
    private func modelName(_ name: String, _ upload: Upload?) throws -> String {
        if let upload { return try held(upload) }
        guard !name.contains("/") else {
            throw CoordinatorError(.usage, "the model \(name) is a path here: upload the file, or name a model")
        }
        return name
    }

    /// Takes a film in; the job is durable when this returns. The same token again is the same job.
    func submit(_ submission: Submission, from sender: Sender) async throws -> JobID {
        if let underway = arriving[submission.token] { return try await underway.value }
        let arrival = Task { try await alone(with: .uploads) { try await takeIn(submission, from: sender) } }
        arriving[submission.token] = arrival
        defer { arriving[submission.token] = nil }
        return try await arrival.value
    }

    private func takeIn(_ submission: Submission, from sender: Sender) async throws -> JobID {
        let (id, isKnown) = try await place(for: submission.token)
        if isKnown { return id }
        let request = try request(submission, as: id, from: sender)
        try await refuseDouble(request)
        let text = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
        try await store.insert(SubmissionRecord(id: id, owner: sender.name, request: text))
        for path in [request.film, request.settings.model] { opened[path] = nil }
        logger.info(
            "submitted", metadata: ["job": "\(id)", "film": "\(request.film)", "owner": "\(sender.name ?? "-")"])
        Task { await intake.proceed() }
        return id
    }

    /// The id of the token's job, and whether it is there already. An id is made of the token's hash, so that a submission
    /// whose answer was lost finds its job again, also after a restart.
    private func place(for token: String) async throws -> (JobID, isKnown: Bool) {
        for turn in 0..<100 {
            let id = JobID(token: token, turn: turn)
            if let submission = try await store.submissions().first(where: { $0.id == id }) {
                let request = try? JSONDecoder().decode(JobRequest.self, from: Data(submission.request.utf8))
                if request?.token == token { return (id, true) }
            } else if let record = try await store.job(id) {
                if (try? FilmSource(decoding: record.sourceIdentity))?.token == token { return (id, true) }
            } else {
                return (id, false)
            }
        }
        throw CoordinatorError(.farm, "no id is free for another job: remove some that have ended")
    }

    private func request(_ submission: Submission, as id: JobID, from sender: Sender) throws -> JobRequest {
        guard (-1000...1000).contains(submission.priority) else {
            throw CoordinatorError(.usage, "a priority of \(submission.priority) is out of range: give -1000 to 1000")
        }
        guard ["mkv", "mp4", "mov", "webm"].contains(submission.container) else {
            throw CoordinatorError(.usage, "a result cannot be .\(submission.container): give mkv, mp4, mov or webm")
        }
        try submission.settings.check()
        guard submission.token.utf8.count <= 200 else { throw CoordinatorError(.usage, "a token is too long") }
        var settings = submission.settings
        settings.model = try modelName(settings.model, submission.model)
        var request: JobRequest
        switch submission.film {
        case .uploaded(let upload):
            guard submission.output == nil else {
                throw CoordinatorError(
                    .usage, "an uploaded film's result is kept for fetch: it cannot have a path here")
            }
            request = JobRequest(
                film: try held(upload), output: try shelf.place(id, film: upload.name, container: submission.container),
                settings: settings, overwrite: true)
            request.name = URL(fileURLWithPath: "/" + upload.name).lastPathComponent.harmless
        case .path(let path):
            let film = try roots.film(path)
            let beside = URL(fileURLWithPath: film).deletingPathExtension().path + ".upscaled.\(submission.container)"
            request = JobRequest(
                film: film, output: try roots.output(submission.output ?? beside), settings: settings,
                overwrite: submission.overwrite)
            try request.checkOutput()
        }
        request.owner = sender.name
        request.priority = submission.priority
        request.token = submission.token
        return request
    }

    private func held(_ upload: Upload) throws -> String {
        guard try uploads.holds(upload) else {
            throw CoordinatorError(.file, "\(upload.name) has not been uploaded, or no longer is here: submit it again")
        }
        bulk.unexpect(try uploads.blob(upload))
        return try uploads.path(upload)
    }

    /// Two jobs that write one file would spoil it.
    private func refuseDouble(_ request: JobRequest) async throws {
        let active = try await store.files(in: [.running, .concatenating])
        let waiting = try await store.submissions().filter { $0.state == .queued }.compactMap { submission in
            (try? JSONDecoder().decode(JobRequest.self, from: Data(submission.request.utf8))).map {
                (submission.id, $0.output)
            }
        }
        let outputs = active.map { ($0.id, $0.output) } + waiting
        guard let other = outputs.first(where: { $0.1 == request.output }) else { return }
        throw CoordinatorError(.file, "job \(other.0) is already making \(request.output): wait for it, or cancel it")
    }
}

extension JobID {
    /// Five characters of the alphabet from the token's hash.
    init(token: String, turn: Int) {
        let digest = SHA256.hash(Data("\(turn) \(token)".utf8))
        self.init(String(digest.prefix(5).map { Self.alphabet[Int($0) % Self.alphabet.count] }))
    }
}
