import FarmModel
import FarmProtocol
import Foundation
import Scheduling

/// What people are shown.
extension FrontDesk {
    /// Jobs in the order of submission: those that want something done, failed ones too; `all` adds the others that have ended.
    /// A page of them, from that place on.
    func queue(all: Bool, from: Int) async throws -> [JobView] {
        let submissions = try await store.submissions()
        let (progress, held) = (await intake.progress, await intake.held)
        var views: [(order: Int64, view: JobView)] = submissions.map {
            ($0.order, view($0, progress[$0.id], held[$0.id]))
        }
        let active = await dispatcher.statuses()
        views += active.map { ($0.record.plan.order, JobView($0.record, $0.status)) }
        views += try await absentViews()
        let known = Set(active.map(\.record.id))
        let ended = try await store.summaries(in: all ? [.done, .failed, .cancelled] : [.failed])
        views += ended.filter { !known.contains($0.id) }.map { ($0.order, JobView($0)) }
        let page = views.sorted { $0.order < $1.order }.dropFirst(max(0, from)).prefix(Wire.queuePage)
        return page.map { brief(hidden($0.view)) }
    }

    func detail(_ id: JobID) async throws -> JobDetail {
        switch try await find(id) {
        case .submission(let submission):
            return JobDetail(job: view(submission, await intake.progress[id], await intake.held[id]))
        case .job(let record):
            guard let status = await dispatcher.status(of: id) else {
                var detail = JobDetail(record, nil)
                detail.job = hidden(JobView(record))
                detail.job.waits = absent[id].map { [$0] } ?? []
                return detail
            }
            var detail = JobDetail(record, status)
            detail.job = hidden(detail.job)
            return detail
        }
    }

    func workers() async throws -> [WorkerView] {
        let snapshots = await dispatcher.workers()
        return snapshots.map(WorkerView.init)
    }

    /// A page of a job's history; the next one begins after its last line.
    func history(_ id: JobID, after: Int64) async throws -> [HistoryView] {
        if case .submission(let submission) = try await find(id) {
            let line = HistoryView(
                number: 1, time: submission.created.timeIntervalSince1970, segment: nil, attempt: nil,
                kind: submission.state.rawValue, detail: submission.reason ?? "")
            return after < 1 ? [line] : []
        }
        return try await store.history(job: id, limit: 500, after: after).map { entry in
            // Where an uploaded film lies is the coordinator's own business.
            HistoryView(
                number: entry.number, time: entry.time.timeIntervalSince1970, segment: entry.segment,
                attempt: entry.attempt, kind: entry.kind, detail: uploads.owns(entry.detail) ? "" : entry.detail)
        }
    }

    /// For a list: `show` tells all of it.
    private func brief(_ view: JobView) -> JobView {
        var view = view
        view.reasons = view.reasons.suffix(3).map { $0.prefix(utf8: 1000) }
        return view
    }

    /// Where a film lies that is kept for fetching is the coordinator's own business.
    private func hidden(_ view: JobView) -> JobView {
        var view = view
        if let output = view.output, shelf.owns(output) { view.output = nil }
        return view
    }

    private func view(_ submission: SubmissionRecord, _ progress: RunProgress?, _ held: String?) -> JobView {
        let request = try? JSONDecoder().decode(JobRequest.self, from: Data(submission.request.utf8))
        let time = submission.created.timeIntervalSince1970
        let film = request.map { $0.name ?? URL(fileURLWithPath: $0.film).lastPathComponent } ?? "?"
        var view = JobView(
            id: submission.id, film: film, owner: submission.owner, state: .preparing, output: request?.output,
            submitted: time, updated: time)
        view.priority = request?.priority ?? 0
        if submission.state == .failed {
            view.state = submission.reason == Intake.cancelled ? .cancelled : .failed
            view.reasons = [submission.reason ?? ""]
        } else {
            if let progress { (view.frames, view.total) = (progress.frames, progress.total) }
            let turn = "it waits to be read, one film after the other"
            view.waits = [
                held.map { "it waits for space: \($0)" } ?? (progress == nil ? turn : "its film is being read")
            ]
        }
        return hidden(view)
    }
}

extension JobView {
    /// A job that has ended, in a list.
    init(_ job: JobSummary) {
        let name = (try? FilmSource(decoding: job.sourceIdentity))?.name
        self.init(
            id: job.id, film: name ?? URL(fileURLWithPath: job.source).lastPathComponent, owner: job.owner,
            state: State(job.state), priority: job.priority, frames: job.framesAccepted, total: job.frames,
            segments: Segments(
                accepted: job.segmentsAccepted, leased: 0, waiting: job.segments - job.segmentsAccepted),
            reasons: job.reasons, output: job.output, submitted: job.created.timeIntervalSince1970,
            updated: job.updated.timeIntervalSince1970)
    }

    /// A job that has ended, or one that the dispatcher does not know.
    init(_ record: JobRecord) {
        let plan = record.plan
        let accepted = plan.segments.filter { $0.result != nil }
        self.init(
            record: record, state: State(plan.state),
            frames: accepted.reduce(0) { $0 + $1.range.count }, total: plan.segments.reduce(0) { $0 + $1.range.count },
            segments: Segments(
                accepted: accepted.count, leased: 0, waiting: plan.segments.count - accepted.count))
        reasons = plan.reasons
    }

    /// A job at work.
    init(_ record: JobRecord, _ status: JobStatus) {
        let snapshot = status.snapshot
        var state = State(snapshot.state)
        if state == .running { state = snapshot.isPaused ? .paused : snapshot.isCalibrating ? .calibrating : .running }
        self.init(
            record: record, state: state, frames: snapshot.framesDone, total: snapshot.framesTotal,
            segments: Segments(
                accepted: snapshot.segmentsAccepted, leased: snapshot.segmentsLeased,
                waiting: snapshot.segmentsWaiting))
        priority = snapshot.priority
        fps = snapshot.framesPerSecond
        eta = snapshot.eta.map { ETA(low: $0.low, high: $0.high) }
        waits = (status.held.map { [$0] } ?? []) + snapshot.waits.map(\.text)
        reasons = snapshot.state == .failed ? snapshot.failures : []
        if state == .joining, let joining = status.joining {
            (frames, total) = (Int(joining.done), Int(joining.total))
        }
    }

    private init(record: JobRecord, state: State, frames: Int, total: Int, segments: Segments) {
        let name = (try? FilmSource(decoding: record.sourceIdentity))?.name
        self.init(
            id: record.id, film: name ?? URL(fileURLWithPath: record.source).lastPathComponent,
            owner: record.plan.owner, state: state, priority: record.plan.priority, frames: frames, total: total,
            segments: segments, output: record.output, submitted: record.created.timeIntervalSince1970,
            updated: record.updated.timeIntervalSince1970)
    }
}

extension JobView.State {
    init(_ state: JobState) {
        self =
            switch state {
            case .running: .running
            case .concatenating: .joining
            case .done: .done
            case .failed: .failed
            case .cancelled: .cancelled
            }
    }
}

extension JobDetail {
    /// - Parameter status: nil where the dispatcher does not know the job: it has ended.
    init(_ record: JobRecord, _ status: JobStatus?) {
        let recipe = record.recipe
        self.init(
            job: status.map { JobView(record, $0) } ?? JobView(record),
            recipe: "\(recipe.sizes), \(recipe.encoding.encoder) crf \(recipe.encoding.crf)",
            running: status?.snapshot.underWay.map(Running.init) ?? [],
            slowest: (status?.snapshot.slowest).map(Running.init), failures: Self.failures(of: record.plan),
            warnings: ((try? FilmSource(decoding: record.sourceIdentity))?.warnings ?? [])
                + (status?.warnings ?? record.warnings))
        let stages = record.plan.segments.compactMap { $0.result?.stages }
        deviceBusy = status?.deviceBusy ?? Dispatcher.busyShare(stages)
        resultFrames = record.plan.state == .done ? job.total - record.plan.struck.count : nil
    }

    private static var mostFailures: Int { 20 }

    private static func failures(of plan: JobPlan) -> [Failure] {
        let all = plan.segments.enumerated().flatMap { index, segment in
            segment.attempts.compactMap { record -> Failure? in
                guard let outcome = record.outcome, outcome.isFailure || outcome.isLoss, let reason = outcome.reason
                else { return nil }
                let attempt = AttemptID(segment: SegmentID(job: plan.id, index: index), number: record.number)
                return Failure(attempt: attempt, worker: record.worker, reason: reason, log: outcome.log)
            }
        }
        return Array(all.suffix(mostFailures))
    }
}

extension AttemptOutcome {
    /// The last lines of the engine's log.
    var log: [String] {
        if case .failed(_, _, let log?) = self { log } else { [] }
    }
}

extension JobDetail.Running {
    init(_ attempt: AttemptSnapshot) {
        self.init(
            attempt: attempt.attempt, worker: attempt.worker, frames: attempt.framesDone, total: attempt.frames,
            seconds: attempt.seconds)
    }
}

extension WorkerView {
    init(_ worker: WorkerSnapshot) {
        let isBusy = worker.slots.contains { !$0.leases.isEmpty || $0.calibrates != nil }
        let state: State =
            if !worker.isConnected { .away } else if worker.asideReason != nil { .aside } else if worker.isSilent {
                .silent
            } else if worker.isLeaving { .leaving } else if worker.isDrained { .drained } else {
                isBusy ? .working : .idle
            }
        let drained = worker.isDrained && !worker.isConnected ? "drained" : nil
        self.init(
            name: worker.name, state: state, reason: worker.asideReason ?? drained, slots: worker.slots.map(Slot.init),
            segmentsDone: worker.segmentsDone, failures: worker.failures, lastHeard: worker.secondsSilent)
    }
}

extension WorkerView.Slot {
    init(_ slot: WorkerSnapshot.Slot) {
        let described = slot.description
        self.init(
            device: described.device, deviceModel: described.deviceModel, memory: described.memory,
            versions: described.versions, encoders: described.encoders,
            leases: slot.leases.map(JobDetail.Running.init), calibrates: slot.calibrates, fps: slot.framesPerSecond,
            limit: slot.limit)
    }
}
