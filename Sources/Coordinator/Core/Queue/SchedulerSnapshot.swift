public import FarmModel

/// Where a job stands, for people.
public struct JobSnapshot: Codable, Hashable, Sendable {
    public var id: JobID
    public var state: JobState
    /// The job waits for its execution shape.
    public var isCalibrating: Bool
    public var shape: ExecutionShape?
    public var segmentsAccepted: Int
    public var segmentsLeased: Int
    public var segmentsWaiting: Int
    /// Candidate frames of the film's table, those struck included.
    public var framesTotal: Int
    /// Frames of accepted segments, and what heartbeats say of those under way.
    public var framesDone: Int
    public var struck: [Int]
    /// What came to nothing so far, one line each; of a failed job, its reasons.
    public var failures: [String]
}

public struct WorkerSnapshot: Hashable, Sendable {
    public struct Lease: Hashable, Sendable {
        public var attempt: AttemptID
        public var framesDone: Int
    }

    public struct Slot: Hashable, Sendable {
        public var device: String
        /// The current one first.
        public var leases: [Lease]
        public var calibrates: JobID?
    }

    public var id: WorkerID
    public var name: String
    public var isSilent: Bool
    public var isDraining: Bool
    public var slots: [Slot]
}

extension Scheduler {
    public func snapshot(of id: JobID) -> JobSnapshot? {
        guard let job = jobs[id] else { return nil }
        return JobSnapshot(
            id: id, state: job.plan.state, isCalibrating: job.plan.state == .running && job.plan.shape == nil,
            shape: job.plan.shape, segmentsAccepted: job.acceptedCount,
            segmentsLeased: job.plan.segments.count - job.acceptedCount - job.waiting.count,
            segmentsWaiting: job.waiting.count, framesTotal: job.plan.segments.reduce(0) { $0 + $1.range.count },
            framesDone: framesDone(of: job), struck: job.plan.struck, failures: failures(of: job))
    }

    /// Workers in the order of their connection.
    public func workerSnapshots(at now: Double) -> [WorkerSnapshot] {
        workerOrder.compactMap { id in
            guard let worker = workers[id] else { return nil }
            let slots = zip(worker.hello.slots, worker.slots).map { described, state in
                WorkerSnapshot.Slot(
                    device: described.device,
                    leases: state.leases.map { WorkerSnapshot.Lease(attempt: $0.attempt, framesDone: $0.frames) },
                    calibrates: state.calibration?.job)
            }
            return WorkerSnapshot(
                id: id, name: worker.name, isSilent: isSilent(id, at: now), isDraining: worker.isDraining, slots: slots)
        }
    }

    /// The durable part of a job's state: after every event, what the queue store must hold.
    public func plan(of id: JobID) -> JobPlan? { jobs[id]?.plan }

    private func framesDone(of job: JobRun) -> Int {
        job.plan.segments.indices.reduce(0) { done, index in
            let count = job.plan.segments[index].range.count
            return switch job.phases[index] {
            case .waiting: done
            case .accepted: done + count
            case .leased(let ref): done + min(count, framesDone(of: SegmentID(job: job.plan.id, index: index), on: ref))
            }
        }
    }

    private func framesDone(of segment: SegmentID, on ref: SlotRef) -> Int {
        max(0, workers[ref.worker]?.slots[ref.slot].leases.first { $0.attempt.segment == segment }?.frames ?? 0)
    }

    private func failures(of job: JobRun) -> [String] {
        if job.plan.state == .failed { return job.plan.reasons }
        let attempts = job.plan.segments.enumerated().flatMap { index, segment in
            segment.counted.compactMap { record in
                guard let outcome = record.outcome, outcome != .accepted, let reason = outcome.reason else {
                    return nil
                }
                return "segment \(index), attempt \(record.number) on \(record.worker), slot \(record.slot): \(reason)"
            } as [String]
        }
        return job.calibration.failures + job.calibration.losses + attempts
    }
}
