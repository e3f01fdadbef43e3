public import FarmModel
public import FarmProtocol

/// The questions of commands, each with the kind of its answer.
extension FarmClient {
    private static var overlap: Int { 20 }

    /// Page by page: a queue of years is longer than a message. What moves meanwhile may be seen twice, and is given once.
    public func queue(all: Bool) async throws -> [JobView] {
        var (jobs, seen): ([JobView], Set<JobID>) = ([], [])
        var from = 0
        while true {
            let answer = try await ask(.queue(all: all, from: from > 0 ? from : nil))
            guard case .queue(let page) = answer else { throw unexpected(answer) }
            let new = page.filter { seen.insert($0.id).inserted }
            jobs += new
            // Pages overlap: what ends meanwhile moves those behind it forwards.
            from += page.count - Self.overlap
            guard page.count == Wire.queuePage, !new.isEmpty else { return jobs }
        }
    }

    public func show(_ job: JobID) async throws -> JobDetail {
        let answer = try await ask(.show(job: job))
        guard case .job(let detail) = answer else { throw unexpected(answer) }
        return detail
    }

    public func workers() async throws -> [WorkerView] {
        let answer = try await ask(.workers)
        guard case .workers(let workers) = answer else { throw unexpected(answer) }
        return workers
    }

    public func logs(_ job: JobID, after: Int64) async throws -> [HistoryView] {
        let answer = try await ask(.logs(job: job, after: after))
        guard case .logs(let lines) = answer else { throw unexpected(answer) }
        return lines
    }

    public func resolve(model: String, upload: Upload?, scale: Int?, reach: Int?) async throws -> ModelReference {
        let answer = try await ask(.resolve(model: model, upload: upload, scale: scale, reach: reach))
        guard case .model(let reference) = answer else { throw unexpected(answer) }
        return reference
    }

    public func submit(_ submission: Submission) async throws -> JobID {
        let answer = try await ask(.submit(submission))
        guard case .submitted(let job) = answer else { throw unexpected(answer) }
        return job
    }

    /// - Returns: a line that says what is done.
    public func act(_ job: JobID, _ action: JobAction) async throws -> String {
        let answer = try await ask(.act(job: job, action))
        guard case .done(let line) = answer else { throw unexpected(answer) }
        return line
    }

    /// - Returns: a line that says what is done.
    public func manage(_ worker: String, _ action: WorkerAction) async throws -> String {
        let answer = try await ask(.manage(worker: worker, action))
        guard case .done(let line) = answer else { throw unexpected(answer) }
        return line
    }
}
