internal import FarmModel

extension Scheduler {
    mutating func take(_ event: SchedulerEvent) {
        switch event {
        case .jobAdded, .jobCancelled, .jobStopped, .jobRemoved, .jobPaused, .jobResumed, .jobPriority, .concatenated,
            .concatFailed, .concatHeld, .resultMissing:
            takeJob(event)
        case .workerConnected, .workerGone, .workerUnreachable, .goodbye, .heartbeat, .calibrated, .delivered,
            .uncounted, .deliveryRefused, .deliveryHeld, .failed, .cutting, .drain:
            takeWorker(event)
        case .workerKnown(let record): know(record)
        case .drainWorker(let name): setDrained(name, true)
        case .undrainWorker(let name): setDrained(name, false)
        case .reinstateWorker(let name): reinstate(name)
        case .diskFull(let reason): diskFull = reason
        case .diskFree: freeDisk()
        case .tick: tick()
        }
    }

    private mutating func takeJob(_ event: SchedulerEvent) {
        switch event {
        case .jobAdded(let plan): add(plan)
        case .jobCancelled(let id): end(id, as: .cancelled, reasons: [])
        case .jobStopped(let id, let reason): fail(id, reasons: [reason])
        case .jobRemoved(let id): remove(id)
        case .jobPaused(let id): setPaused(id, true)
        case .jobResumed(let id): setPaused(id, false)
        case .jobPriority(let id, let priority): setPriority(id, priority)
        case .concatenated(let id): concatenated(id)
        case .concatFailed(let id, let reason): concatFailed(id, reason)
        case .concatHeld(let id, let reason): holdJoin(id, reason)
        case .resultMissing(let attempt, let reason): retract(attempt, reason)
        default: break
        }
    }

    private mutating func takeWorker(_ event: SchedulerEvent) {
        switch event {
        case .workerConnected(let id, let hello): connect(id, hello)
        case .workerUnreachable(let id): loseTouch(with: id)
        case .workerGone(let id): lose(id, .lost(reason: "the worker went away", begun: false))
        case .goodbye(let id): lose(id, .withdrawn(reason: "the worker left"))
        case .drain(let id): leave(id)
        case .heartbeat(let id, let heartbeat): heard(id, heartbeat)
        case .calibrated(let id, let calibration): calibrated(id, calibration)
        case .delivered(let id, let result): delivered(id, result)
        case .uncounted(let id, let result): uncounted(id, result)
        case .deliveryRefused(let id, let attempt, let reason): attemptFailed(id, attempt, .refused(reason: reason))
        case .deliveryHeld(let id, let attempt, let reason): holdDelivery(id, attempt, reason)
        case .failed(let id, let failure): failed(id, failure)
        case .cutting(let attempts): for attempt in attempts { restart(attempt) }
        default: break
        }
    }
}
