import FarmModel
import Foundation
import Media

/// From a request to a job in the queue: a new one, or the one that an earlier run of the same command left.
struct JobPreparation: Sendable {
    let store: QueueStore
    let spool: Spool
    let filmTool: FilmTool
    let models: ModelResolver
    let stateDirectory: String
    /// How many slots the farm has: a job is to have several segments for each.
    let slots: @Sendable () async -> Int
    /// Bytes of the state directory's disk that are not for a new job.
    let keptSpace: @Sendable () async -> Int64
    let report: @Sendable (RunReport) -> Void

    /// A job that the dispatcher can take.
    struct Prepared: Sendable {
        var record: JobRecord
        var source: FilmSource
        var warnings: [String]
    }

    func prepare(_ request: JobRequest, restart: Bool) async throws -> Prepared {
        if let unfinished = try await store.unfinishedJob(source: request.film, output: request.output) {
            guard restart else { return try await resume(unfinished, request) }
            return try await make(request, as: try await store.unusedJobID(), replacing: unfinished) {
                try await store.insert($0)
            }
        }
        return try await make(request, as: try await store.unusedJobID()) { try await store.insert($0) }
    }

    /// Forgets a job and gives back its spool.
    private func discard(_ job: JobRecord) async throws {
        try await store.delete(job.id)
        try await BlockingWork.run { [spool] in
            try spool.remove(job.id)
            unlink(job.partialPath)
        }
    }

    /// Gives back the spool of a job whose film is published.
    func giveBack(_ job: JobID) async throws {
        try await BlockingWork.run { [spool] in try spool.remove(job) }
    }

    // MARK: A new job

    /// - Parameters:
    ///   - old: an unfinished job to forget, once it is clear that the new one can be.
    ///   - enqueue: puts the job into the store.
    func make(
        _ request: JobRequest, as id: JobID, replacing old: JobRecord? = nil,
        _ enqueue: @Sendable (JobRecord) async throws -> JobRecord
    ) async throws -> Prepared {
        try request.settings.check()
        try request.checkOutput()
        try FilmWriter.checkContainer(request.output, codec: request.settings.codec)
        // The film's head tells whether the settings fit, before all of it is read.
        let probed = try await probe(request)
        let (film, settings) = (probed.description, request.settings)
        let model = try await models.resolve(settings.model, scale: settings.scale, reach: settings.reach(for: film))
        let planned = try await filmTool.plan(
            PlanOrder(settings: settings, film: film, model: model, output: request.output))
        if let old { try await discard(old) }
        try SpaceEstimate.checkIndexing(film, stateDirectory: stateDirectory, kept: await keptSpace())
        do {
            try await BlockingWork.run { [spool] in try spool.create(id) }
            var job = try await index(request, as: id, probed: probed, recipe: planned)
            job.record = try await enqueue(job.record)
            return job
        } catch {
            try? await BlockingWork.run { [spool] in try spool.remove(id) }
            throw error
        }
    }

    /// - Parameters:
    ///   - probed: what the film's head and samples tell.
    ///   - planned: the recipe for that.
    private func index(
        _ request: JobRequest, as id: JobID, probed: ProbedFilm, recipe planned: Recipe
    ) async throws -> Prepared {
        let film = try await indexFilm(request, as: id)
        let path = spool.frameTable(id)
        let table = try await BlockingWork.run { try FrameTable(contentsOf: path) }
        let range = try table.range(of: request.settings, in: film.description)
        let time = { table.time(of: $0, from: film.description.start) }
        let stretch = try FilmStretches(film.formats, in: table).stretch(
            holding: range, of: film.description.path, time: time)
        var (taken, warning) = probed.description.taking(
            range, of: stretch, among: table.count, time: time)
        taken.video.correctRate(film.foundRate)
        var recipe = planned
        if taken != probed.description {
            recipe = try await filmTool.plan(
                PlanOrder(
                    settings: request.settings, film: taken, model: planned.model, output: request.output))
        }
        // What container and encoder cannot carry.
        let losses =
            probed.losses + taken.losses(as: request.settings.codec, by: recipe.encoding.encoder)
            + taken.losses(recipe.encoding)
        let estimate = SpaceEstimate(film: film, frames: range.count, encoding: recipe.encoding)
        try estimate.check(stateDirectory: stateDirectory, output: request.output, kept: await keptSpace())
        report(.note(announcement(film, range, recipe, estimate)))
        for decision in recipe.decisions { report(.note("\(film.description.path): \(decision)")) }
        var source = FilmSource(
            identity: film.identity, videoIndex: film.description.videoIndex,
            warnings: film.warnings + losses + [warning].compactMap { $0 }, request: request)
        (source.stretch, source.start) = (stretch?.frames, film.description.start)
        let seconds = table.seconds * Double(range.count) / Double(max(1, table.count))
        let length = request.settings.segmentLength.resolved(seconds: seconds, slots: await slots())
        request.settings.decideGOPs(of: &recipe.encoding, in: table, range, seconds: seconds)
        let record = JobRecord(
            id: id, source: request.film, sourceIdentity: try source.encoded(), output: request.output,
            settings: request.settings, recipe: recipe,
            segments: table.segments(length: length, gops: recipe.encoding.gopLength, within: range),
            priority: request.priority, owner: request.owner,
            memory: recipe.memory)
        return Prepared(record: record, source: source, warnings: source.warnings)
    }

    private func probe(_ request: JobRequest) async throws -> ProbedFilm {
        let order = ProbeOrder(
            film: request.film, streams: try request.settings.selection, output: request.output,
            codec: request.settings.codec, part: FilmCut(from: request.settings.from, to: request.settings.to))
        guard case .probed(let film) = try await filmTool.run(.probe(order), about: request.film) else {
            throw CoordinatorError(.job, "probing \(request.film): no answer")
        }
        return film
    }

    private func indexFilm(_ request: JobRequest, as id: JobID) async throws -> IndexedFilm {
        let path = request.film
        let order = IndexOrder(
            film: path, streams: try request.settings.selection, packets: spool.packets(id),
            frameTable: spool.frameTable(id))
        let start = Monotonic.seconds
        let answer = try await filmTool.run(.index(order), about: path) { [report] word in
            guard case .progress(let done, let total) = word else { return }
            report(
                .progress(
                    RunProgress(
                        film: path, phase: .indexing, frames: Int(done), total: Int(total),
                        seconds: Monotonic.seconds - start)))
        }
        guard case .indexed(let film) = answer else { throw CoordinatorError(.job, "indexing \(path): no answer") }
        return film
    }

    private func announcement(
        _ film: IndexedFilm, _ range: FrameRange, _ recipe: Recipe, _ estimate: SpaceEstimate
    ) -> String {
        let all = film.frames.counting("frame")
        let frames = range.count == film.frames ? all : "\(range.count) of \(all)"
        return "\(film.description.path): \(frames), \(recipe.sizes), \(recipe.encoding.encoder); "
            + "spool about \(DiskSpace.text(estimate.spool)), output about \(DiskSpace.text(estimate.output))"
            + (recipe.colorAssumption.map { "; " + $0 } ?? "")
    }

    // MARK: An unfinished job

    private func resume(_ record: JobRecord, _ request: JobRequest) async throws -> Prepared {
        let source = try FilmSource(decoding: record.sourceIdentity)
        try await BlockingWork.run { try source.check() }
        if let change = record.settings.difference(from: request.settings) {
            throw CoordinatorError(
                .usage,
                "\(record.source) has an unfinished job (\(record.id)) with other settings: \(change); give the old value to go on, or start over with --restart"
            )
        }
        let model = try await models.resolve(
            request.settings.model, scale: request.settings.scale,
            reach: request.settings.height == nil ? nil : record.recipe.scale)
        guard model.sha256 == record.recipe.model.sha256 else {
            throw CoordinatorError(
                .usage,
                "the model \(request.settings.model) has changed since job \(record.id) was made: put the old file back, or start over with --restart"
            )
        }
        let accepted = record.plan.segments.compactMap { $0.result?.attempt }
        try await BlockingWork.run { [spool] in
            try spool.tidy(record.id, keeping: accepted)
            try spool.check(record.plan.segments.compactMap(\.result))
        }
        // Joining may have got as far as naming the film before it was stopped; it finds out by itself.
        if JoinMark.published(spool.joinMark(record.id), output: record.output) == nil { try request.checkOutput() }
        let done = record.plan.segments.count { $0.result != nil }
        report(
            .note(
                "\(record.source): going on with job \(record.id), \(done) of \(record.plan.segments.count) segments are done"
            ))
        return Prepared(record: record, source: source, warnings: source.warnings)
    }
}
