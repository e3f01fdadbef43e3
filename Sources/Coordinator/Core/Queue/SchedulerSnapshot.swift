public import FarmModel

extension Scheduler {
    public func snapshot(of id: JobID) -> JobSnapshot? {
        guard let job = jobs[id] else { return nil }
        return JobSnapshot(
            id: id, state: job.plan.state, priority: job.plan.priority, isPaused: job.plan.isPaused,
            owner: job.plan.owner, needs: job.plan.effectiveNeeds,
            isCalibrating: job.plan.state == .running && job.plan.shape == nil,
            shape: job.plan.shape, segmentsAccepted: job.acceptedCount,
            segmentsLeased: job.plan.segments.count - job.acceptedCount - job.waiting.count,
            segmentsWaiting: job.waiting.count, framesTotal: job.plan.segments.reduce(0) { $0 + $1.range.count },
            framesDone: framesDone(of: job), struck: job.plan.struck, failures: failures(of: job), waits: [],
            eta: nil, framesPerSecond: nil, underWay: [], slowest: nil)
    }

    /// Workers in the order of their connection.
    public func workerSnapshots() -> [WorkerSnapshot] {
        workerOrder.compactMap { id in
            guard let worker = workers[id] else { return nil }
            let slots = zip(worker.hello.slots, worker.slots).enumerated().map { index, slot in
                WorkerSnapshot.Slot(
                    description: slot.0,
                    leases: slot.1.leases.map {
                        AttemptSnapshot(
                            attempt: $0.attempt, worker: worker.name, slot: index, framesDone: $0.frames, frames: 0,
                            seconds: 0, isBegun: false, expected: nil, isPaired: false)
                    },
                    calibrates: slot.1.calibration?.job, pace: nil, framesPerSecond: nil)
            }
            return WorkerSnapshot(
                name: worker.name, isConnected: true, isSilent: isSilent(id, at: lastHandled ?? 0), isDrained: false,
                isLeaving: worker.isDraining, asideReason: nil, slots: slots, segmentsDone: 0, failures: 0,
                secondsSilent: nil)
        }
    }

    /// Jobs in the order in which they are worked on; ended ones in theirs.
    public func snapshots() -> [JobSnapshot] { jobOrder.compactMap { snapshot(of: $0) } }

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
