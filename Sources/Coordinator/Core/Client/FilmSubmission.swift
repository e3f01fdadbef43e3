public import FarmModel
import FarmProtocol
import Foundation
import Media
public import Processes
internal import Synchronization

/// What `submit` is asked to do with one film.
public struct FilmOrderForm: Hashable, Sendable {
    /// A path here, or at the coordinator where `isThere`.
    public var film: String
    public var isThere: Bool
    /// Where the result goes: here, or at the coordinator where `isThere`; nil: beside the film.
    public var output: String?
    public var container: String
    public var settings: JobSettings
    public var priority: Int
    public var overwrite: Bool

    public init(
        film: String, isThere: Bool, output: String?, container: String, settings: JobSettings, priority: Int,
        overwrite: Bool
    ) {
        self.film = film
        self.isThere = isThere
        self.output = output
        self.container = container
        self.settings = settings
        self.priority = priority
        self.overwrite = overwrite
    }

    /// Where a film that was waited for is put.
    var destination: String {
        output ?? URL(fileURLWithPath: film).standardizedFileURL.deletingPathExtension().path
            + ".upscaled.\(container)"
    }
}

/// One film on its way to a running coordinator, and back where that is waited for.
public struct FilmSubmission: Sendable {
    let client: FarmClient
    let form: FilmOrderForm
    private let filmTool: FilmTool
    let report: @Sendable (RunReport) -> Void

    /// - Parameter filmTool: the child that parses films.
    public init(
        client: FarmClient, form: FilmOrderForm, filmTool: Launch = .myself(["film"]),
        report: @escaping @Sendable (RunReport) -> Void
    ) {
        self.client = client
        self.form = form
        self.filmTool = FilmTool(launch: filmTool)
        self.report = report
    }

    /// Whether the result could be brought back, before days of work are spent on it.
    public func checkDestination() throws {
        guard !form.isThere else { return }
        _ = try FetchTarget(form.destination, name: "", overwrite: form.overwrite)
    }

    /// Uploads what the coordinator lacks, and hands the film in.
    /// - Returns: the job's id.
    public func submit() async throws -> JobID {
        var submission = Submission(
            token: UUID().uuidString, film: .path(form.film), output: form.isThere ? form.output : nil,
            container: form.container, settings: form.settings, priority: form.priority, overwrite: form.overwrite)
        if FileManager.default.fileExists(atPath: form.settings.model) {
            submission.model = try await client.upload(form.settings.model, as: .model) { _, _ in }
            submission.settings.model = URL(fileURLWithPath: form.settings.model).lastPathComponent
        }
        if !form.isThere {
            try await check(submission)
            let hashing = TransferMeter(film: form.film, phase: .hashing, report: report)
            let meter = TransferMeter(film: form.film, phase: .uploading, report: report)
            submission.film = .uploaded(
                try await client.upload(form.film, as: .film, hashing: hashing.note, progress: meter.note))
        }
        let job = try await client.submit(submission)
        report(.submitted(job: job.rawValue, film: form.film))
        return job
    }

    /// Whether it could become a job, as far as the film's head tells: before all of it is read, hashed and moved.
    private func check(_ submission: Submission) async throws {
        let settings = submission.settings
        let order = ProbeOrder(
            film: form.film, streams: try settings.selection, output: form.destination, codec: settings.codec,
            part: FilmCut(from: settings.from, to: settings.to))
        guard case .probed(let film) = try await filmTool.run(.probe(order), about: form.film) else {
            throw CoordinatorError(.job, "probing \(form.film): no answer")
        }
        for loss in film.losses { report(.note("\(form.film): \(loss)")) }
        let model = try await client.resolve(
            model: settings.model, upload: submission.model, scale: settings.scale,
            reach: settings.reach(for: film.description))
        _ = try await filmTool.plan(
            PlanOrder(settings: settings, film: film.description, model: model, output: form.destination))
    }

    /// Follows the job to its end, and brings the film back unless it stays at the coordinator.
    public func wait(for job: JobID) async throws {
        let start = Monotonic.seconds
        let detail = try await follow(job, since: start)
        for warning in detail.warnings { report(.warning(warning)) }
        var output = detail.job.output ?? ""
        if detail.job.output == nil {
            let meter = TransferMeter(film: form.film, phase: .fetching, report: report)
            output = try await client.fetch(
                job, to: form.destination, overwrite: form.overwrite, progress: meter.note)
        }
        let seconds = Monotonic.seconds - start
        let frames = detail.resultFrames ?? detail.job.total
        report(
            .done(
                RunDone(
                    job: job.rawValue, output: output, frames: frames, seconds: seconds,
                    fps: seconds > 0 ? Double(frames) / seconds : 0, deviceBusy: detail.deviceBusy)))
    }

    private func follow(_ job: JobID, since start: Double) async throws -> JobDetail {
        while true {
            let detail = try await client.show(job)
            switch detail.job.state {
            case .done: return detail
            case .failed:
                let reasons = detail.job.reasons.joined(separator: "; ")
                throw CoordinatorError(
                    .job,
                    "\(form.film): job \(job) failed: \(reasons); `coordinator retry \(job)` tries again, from what is done"
                )
            case .cancelled: throw CoordinatorError(.job, "\(form.film): job \(job) was cancelled")
            default: report(.progress(RunProgress(detail.job, film: form.film, seconds: Monotonic.seconds - start)))
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}

extension RunProgress {
    /// A running coordinator's job as `run` would show it.
    init(_ job: JobView, film: String, seconds: Double) {
        let phase: Phase =
            switch job.state {
            case .preparing: .indexing
            case .calibrating: .calibrating
            case .joining: .joining
            default: job.segments.leased == 0 && !job.waits.isEmpty ? .waiting : .upscaling
            }
        self.init(
            film: film, phase: phase, frames: job.frames, total: job.total, seconds: seconds, fps: job.fps,
            eta: job.eta.map { ($0.low + $0.high) / 2 },
            segments: Segments(accepted: job.segments.accepted, leased: job.segments.leased, total: job.segments.total),
            waits: job.waits.first)
    }
}

/// Reports a transfer's bytes a few times a second.
final class TransferMeter: Sendable {
    private let film: String
    private let phase: RunProgress.Phase
    private let report: @Sendable (RunReport) -> Void
    private let state = Mutex<(said: Double, first: (done: Int64, at: Double)?)>((0, nil))

    init(film: String, phase: RunProgress.Phase, report: @escaping @Sendable (RunReport) -> Void) {
        self.film = film
        self.phase = phase
        self.report = report
    }

    /// Bytes done and in all.
    func note(_ done: Int64, _ total: Int64) {
        let now = Monotonic.seconds
        let first: (done: Int64, at: Double)? = state.withLock { state in
            guard now - state.said > 0.2 || done == total else { return nil }
            state.said = now
            state.first = state.first ?? (done, now)  // what was there before this process began is not its speed
            return state.first
        }
        guard let first else { return }
        let seconds = now - first.at
        let rate = seconds > 0.5 ? Double(done - first.done) / seconds : nil
        report(
            .progress(
                RunProgress(
                    film: film, phase: phase, frames: Int(done), total: Int(total), seconds: seconds, fps: rate,
                    eta: rate.flatMap { $0 > 0 ? Double(total - done) / $0 : nil })))
    }
}
