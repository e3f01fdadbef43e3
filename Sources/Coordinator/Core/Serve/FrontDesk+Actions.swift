import FarmModel
import FarmProtocol
import Foundation
import Media
import Messaging

extension FrontDesk {
    /// - Returns: a line that says what is done.
    func act(_ id: JobID, _ action: JobAction) async throws -> String {
        try await alone(with: .job(id)) {
            switch try await find(id) {
            case .submission(let submission): try await act(on: submission, action)
            case .job(let record): try await act(on: record, action)
            }
        }
    }

    private func act(on submission: SubmissionRecord, _ action: JobAction) async throws -> String {
        let id = submission.id
        switch (action, submission.state) {
        case (.cancel, .queued):
            guard try await intake.cancel(id) else {
                throw CoordinatorError(.usage, "job \(id) has just been made; try again")
            }
            return "\(id): cancelled"
        case (.retry, .failed):
            try await store.requeueSubmission(id)
            Task { await intake.proceed() }
            return "\(id): its film is read again"
        case (.remove, .failed):
            try await store.deleteSubmission(id)
            try await giveBackUploads(released: Self.files(of: submission))
            return "\(id): removed"
        case (.remove, .queued): throw CoordinatorError(.usage, "job \(id) has not ended: cancel it first")
        case (_, .queued): throw CoordinatorError(.usage, "job \(id) is still being read in: try again when it runs")
        case (_, .failed): throw CoordinatorError(.usage, "job \(id) has failed: retry it or remove it")
        }
    }

    private func act(on record: JobRecord, _ action: JobAction) async throws -> String {
        let id = record.id
        if case .remove = action { return try await remove(record) }
        if case .retry = action { return try await retry(record) }
        if let reason = absent[id] { return try await act(onAbsent: id, action, reason) }
        guard !record.plan.state.isEnded else {
            throw CoordinatorError(.usage, "job \(id) is \(record.plan.state.rawValue): nothing of it runs any more")
        }
        switch action {
        case .pause:
            try await dispatcher.carryOut(.jobPaused(id))
            return "\(id): paused; what is leased is finished"
        case .resume:
            try await dispatcher.carryOut(.jobResumed(id))
            return "\(id): goes on"
        case .cancel:
            try await dispatcher.carryOut(.jobCancelled(id))
            return "\(id): cancelled; `retry` goes on with it, `remove` gives its space back"
        case .priority(let priority):
            guard (-1000...1000).contains(priority) else {
                throw CoordinatorError(.usage, "a priority of \(priority) is out of range: give -1000 to 1000")
            }
            try await dispatcher.carryOut(.jobPriority(id, priority))
            return "\(id): priority \(priority)"
        case .retry, .remove: return ""
        }
    }

    private func retry(_ record: JobRecord) async throws -> String {
        guard record.plan.state == .failed || record.plan.state == .cancelled else {
            throw CoordinatorError(
                .usage, "job \(record.id) is \(record.plan.state.rawValue): there is nothing to retry")
        }
        try await dispatcher.takeUp(record)
        // What was posted before is durable then: no other action may find the job as it was.
        try await dispatcher.carryOut(.tick)
        let done = record.plan.segments.count { $0.result != nil }
        return "\(record.id): goes on, \(done) of \(record.plan.segments.count) segments are done"
    }

    private func remove(_ record: JobRecord) async throws -> String {
        let id = record.id
        guard record.plan.state.isEnded else {
            throw CoordinatorError(.usage, "job \(id) has not ended: cancel it first")
        }
        await dispatcher.forget(id)
        if let film = served.removeValue(forKey: id) { bulk.withdraw(film.blob.id) }
        // The files first: a job that is still listed can be removed again.
        try await BlockingWork.run { [spool, shelf] in
            try spool.remove(id)
            unlink(record.partialPath)
            try shelf.remove(id)
        }
        try await store.delete(id)
        try await giveBackUploads(released: [record.source, record.settings.model])
        return "\(id): removed"
    }

    // MARK: Fetching

    /// Serves a finished film that is kept for fetching, to its owner.
    func offer(_ id: JobID, to sender: Sender) async throws -> FilmOffer {
        guard case .job(let record) = try await find(id), record.plan.state == .done else {
            throw CoordinatorError(.job, "job \(id) is not done: `coordinator show \(id)` says how far it is")
        }
        let output = record.output
        guard FileManager.default.fileExists(atPath: output) else {
            throw CoordinatorError(.file, "the film of job \(id) is no longer at \(output)")
        }
        let blob = try await described(id, output)
        let audience: Audience = (record.plan.owner ?? sender.name).map { .holder(named: $0) } ?? .role(.client)
        try bulk.serve(id: blob.id, slices: [.file(path: output, offset: 0, length: blob.size)], to: audience)
        return FilmOffer(blob: blob, name: URL(fileURLWithPath: output).lastPathComponent)
    }

    /// Hashing a film takes long: it is done again only where the file is another one now.
    private func described(_ id: JobID, _ path: String) async throws -> BlobReference {
        let changed = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        if let known = served[id], known.changed == changed { return known.blob }
        let blob = try await BlobReference.describing(id: Wire.filmBlob(id), slices: [try .file(path)])
        served[id] = (blob, changed ?? .distantPast)
        return blob
    }
}
