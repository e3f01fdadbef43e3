import FarmModel
import FarmProtocol
import Foundation
import Logging

extension WorkerSession {
    func begin(_ lease: Lease) {
        let attempt = lease.task.attempt
        guard engines.indices.contains(lease.slot), held[attempt] == nil else {
            return logger.error("a lease for a slot or attempt that does not fit", metadata: ["attempt": "\(attempt)"])
        }
        let work = LeaseWork(
            task: lease.task, directory: configuration.scratch, models: models, bulk: bulk,
            engine: engines[lease.slot])
        held[attempt] = HeldLease(slot: lease.slot, work: Task { await carryOut(work) })
    }

    private func carryOut(_ work: LeaseWork) async {
        let attempt = work.task.attempt
        do {
            let result = try await work.run()
            held[attempt]?.result = result
            send(.result(result))
        } catch {
            fail(attempt, of: attempt.segment.job, error)
            forget(attempt)
        }
        work.removeFiles()
    }

    private func fail(_ attempt: AttemptID?, of job: JobID, _ error: any Error) {
        let failure = error as? EngineFailure
        send(
            .failure(
                AttemptFailure(attempt: attempt, job: job, reason: error.reason, crashed: failure?.crashed ?? false)))
        guard failure?.isDeviceUnusable == true, end == nil else { return }
        end = error
        finish()
    }

    func cancel(_ attempt: AttemptID) async {
        guard let lease = held[attempt] else { return }
        lease.work.cancel()
        await engines[lease.slot].cancel(attempt)
        forget(attempt)
    }

    func forget(_ attempt: AttemptID) {
        held[attempt] = nil
        if draining, held.isEmpty { finish() }
    }

    func calibrate(_ request: CalibrationRequest) async {
        do {
            guard engines.indices.contains(request.slot) else { throw WorkerError.noSlot(request.slot) }
            let path = try await models.path(of: request.recipe.model)
            send(.calibrated(try await engines[request.slot].calibrate(request, modelPath: path)))
        } catch {
            fail(nil, of: request.job, error)
        }
    }

    // MARK: Heartbeat

    func beat() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(heartbeatInterval))
            for engine in engines { await engine.killIfStuck(after: configuration.stallLimit) }
            guard isWelcome else { continue }
            var attempts: [Heartbeat.Progress] = []
            for (attempt, lease) in held {
                let frames = await engines[lease.slot].frames(of: attempt)
                attempts.append(.init(attempt: attempt, frames: lease.result?.frames ?? frames))
            }
            send(.heartbeat(Heartbeat(attempts: attempts)))
        }
    }
}
