import FarmModel
import Foundation
import Scheduling

/// One film of `run`: prepared, watched, and reported until it has come out.
struct FilmRun: Sendable {
    let farm: Farm
    let workers: LocalWorkers
    let request: JobRequest
    let restart: Bool
    let report: @Sendable (RunReport) -> Void

    func run() async throws {
        let start = Monotonic.seconds
        let preparation = farm.preparation(report)
        // They take a second to load libtorch, twice: meanwhile the film is looked at. For one that is not there, none is started.
        if FileManager.default.isReadableFile(atPath: request.film) { await workers.start() }
        let job = try await preparation.prepare(request, restart: restart)
        for warning in job.warnings { report(.warning(warning)) }
        if let failure = await workers.failure { throw failure }
        await workers.start()
        try await farm.dispatcher.add(job.record, source: job.source, overwrite: request.overwrite)
        let status = try await watch(job.record.id, since: start)
        for warning in status.warnings { report(.warning(warning)) }
        do { try await preparation.giveBack(job.record.id) } catch {
            report(.warning("the spool of \(request.film) could not be given back: \(error.reason)"))
        }
        report(.done(done(status, seconds: Monotonic.seconds - start)))
    }

    /// Reports progress until the job has ended.
    private func watch(_ id: JobID, since start: Double) async throws -> JobStatus {
        var pace = Pace(since: start)
        while true {
            try Task.checkCancellation()
            if let failure = await workers.failure { throw failure }
            if let failure = await farm.dispatcher.failure { throw failure }
            guard let status = await farm.dispatcher.status(of: id) else {
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            switch status.snapshot.state {
            case .done: return status
            case .failed: throw CoordinatorError(.job, Self.reason(status))
            case .cancelled: throw CoordinatorError(.job, "job \(id) was cancelled")
            case .running, .concatenating: report(.progress(pace.progress(status, film: request.film)))
            }
            // The workers are all of this machine: no other will come.
            for lack in status.snapshot.waits {
                if let error = Self.error(lack, film: request.film) { throw error }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Of what this machine lacks; nil for what may pass.
    static func error(_ lack: WaitReason, film: String) -> CoordinatorError? {
        switch lack.code {
        case .noMemory:
            CoordinatorError(.file, "\(film): \(lack.text): give a smaller --scale or --height, with --restart")
        case .noEncoder:
            CoordinatorError(
                .usage,
                "\(film): \(lack.text): `worker doctor` says why it does not open; make it available and run again, or leave out --encoder, with --restart"
            )
        case .noDevice:
            CoordinatorError(
                .usage,
                "\(film): \(lack.text): `worker doctor` says what there is; run where there is one, or leave out --precision, with --restart"
            )
        default: nil
        }
    }

    private static func reason(_ status: JobStatus) -> String {
        "the job failed: \(status.snapshot.failures.joined(separator: "; ")); what is done is kept, run again to retry"
    }

    private func done(_ status: JobStatus, seconds: Double) -> RunDone {
        let frames = status.snapshot.framesTotal - status.snapshot.struck.count
        return RunDone(
            output: request.output, frames: frames, seconds: seconds, fps: seconds > 0 ? Double(frames) / seconds : 0,
            deviceBusy: status.deviceBusy)
    }
}

/// How fast frames come, counted from the first that this run made.
private struct Pace {
    let start: Double
    private var first: (time: Double, frames: Int)?

    init(since start: Double) { self.start = start }

    mutating func progress(_ status: JobStatus, film: String) -> RunProgress {
        let now = Monotonic.seconds
        let snapshot = status.snapshot
        var progress = RunProgress(
            film: film, phase: snapshot.isCalibrating ? .calibrating : .upscaling, frames: snapshot.framesDone,
            total: snapshot.framesTotal, seconds: now - start)
        progress.waits = snapshot.waits.first?.text
        progress.segments = .init(
            accepted: snapshot.segmentsAccepted, leased: snapshot.segmentsLeased,
            total: snapshot.segmentsAccepted + snapshot.segmentsLeased + snapshot.segmentsWaiting)
        if snapshot.state == .concatenating {
            progress.phase = .joining
            if let joining = status.joining {
                (progress.frames, progress.total) = (Int(joining.done), Int(joining.total))
            }
            return progress
        }
        guard !snapshot.isCalibrating else { return progress }
        let begun = first ?? (now, snapshot.framesDone)
        first = begun
        let made = snapshot.framesDone - begun.frames
        guard made > 0, now - begun.time > 1 else { return progress }
        let fps = Double(made) / (now - begun.time)
        progress.fps = fps
        progress.eta = Double(snapshot.framesTotal - snapshot.framesDone) / fps
        return progress
    }
}
