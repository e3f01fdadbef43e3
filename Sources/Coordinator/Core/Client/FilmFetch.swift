public import FarmModel

/// A finished film on its way here.
public struct FilmFetch: Sendable {
    let client: FarmClient
    let job: JobID
    let report: @Sendable (RunReport) -> Void

    public init(client: FarmClient, job: JobID, report: @escaping @Sendable (RunReport) -> Void) {
        self.client = client
        self.job = job
        self.report = report
    }

    /// - Parameters:
    ///   - output: a file or a folder; nil: the current folder.
    ///   - overwrite: a file of that name may be replaced.
    /// - Throws: `CoordinatorError`
    public func run(to output: String?, overwrite: Bool) async throws {
        let start = Monotonic.seconds
        let detail = try await client.show(job)
        await client.beEndlesslyPatient()
        let meter = TransferMeter(film: detail.job.film, phase: .fetching, report: report)
        let path = try await client.fetch(job, to: output, overwrite: overwrite, progress: meter.note)
        let frames = detail.resultFrames ?? detail.job.total
        let seconds = Monotonic.seconds - start
        report(
            .done(
                RunDone(
                    job: job.rawValue, output: path, frames: frames, seconds: seconds, fps: nil,
                    deviceBusy: detail.deviceBusy)))
    }
}
