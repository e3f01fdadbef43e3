import FarmModel
import FarmProtocol
import Foundation
import Logging

extension WorkerSession {
    /// Characters of a failure's reason: a message has its limit.
    private static let longestReason = 2000

    func begin(_ lease: Lease) {
        let attempt = lease.task.attempt
        guard engines.indices.contains(lease.slot) else {
            return send(.failure(failure(of: attempt, attempt.segment.job, WorkerError.noSlot(lease.slot))))
        }
        guard holdings.take(attempt, slot: lease.slot) else {
            return logger.notice("a lease that is in hand or over is passed over", metadata: ["attempt": "\(attempt)"])
        }
        let work = LeaseWork(
            task: lease.task, model: lease.model, directory: configuration.scratch, models: models, bulk: bulk,
            engine: engines[lease.slot])
        works[attempt] = (work, Task { await carryOut(work) })
    }

    private func carryOut(_ work: LeaseWork) async {
        let attempt = work.task.attempt
        do {
            report(.result(try await work.run()), of: attempt)
        } catch {
            let isWanted = report(.failure(failure(of: attempt, attempt.segment.job, error)), of: attempt)
            if isWanted { giveUp(error) }
        }
    }

    /// False where nobody wants to know any more.
    @discardableResult
    private func report(_ message: WorkerMessage, of attempt: AttemptID) -> Bool {
        guard holdings.report(message, of: attempt) else { return false }
        tell()
        return true
    }

    /// A coordinator that was started anew may have lost the bytes: one that has them takes none.
    func deliverAgain() {
        for (attempt, held) in works {
            guard case .result(let result) = holdings.entries[attempt]?.report?.message else { continue }
            let logger = logger
            held.task.cancel()  // an earlier connection's delivery
            works[attempt]?.task = Task {
                // The answer to the result says what became of the attempt, whatever comes of this.
                do { try await held.work.deliver(result) } catch {
                    logger.debug("not delivered again: \(error)", metadata: ["attempt": "\(attempt)"])
                }
            }
        }
    }

    /// The coordinator wants no more of the attempt: it is stopped wherever it is, and its files go.
    func forget(_ attempt: AttemptID) {
        _ = holdings.forget(attempt)
        if let held = works.removeValue(forKey: attempt) {
            held.task.cancel()
            Task {
                await held.task.value
                held.work.removeFiles()
            }
        }
        finishIfDrained()
    }

    /// Asked again on a new connection, it goes on with what it began.
    func calibrate(_ request: CalibrationRequest) async {
        let job = request.job
        guard calibrating[request.slot] != job else { return }
        calibrating[request.slot] = job
        defer { if calibrating[request.slot] == job { calibrating[request.slot] = nil } }
        holdings.beginCalibration(of: job)
        do {
            guard engines.indices.contains(request.slot) else { throw WorkerError.noSlot(request.slot) }
            let path = try await models.path(of: request.recipe.model, from: request.model)
            let calibration = try await engines[request.slot].calibrate(request, modelPath: path)
            holdings.reportCalibration(of: job, .calibrated(calibration))
        } catch {
            holdings.reportCalibration(of: job, .failure(failure(of: nil, job, error)))
            giveUp(error)
        }
        tell()
    }

    private func failure(of attempt: AttemptID?, _ job: JobID, _ error: any Error) -> AttemptFailure {
        let failure = error as? EngineFailure
        let log = failure?.log ?? []
        return AttemptFailure(
            attempt: attempt, job: job, reason: String(error.reason.prefix(Self.longestReason)),
            crashed: failure?.crashed ?? false, log: log.isEmpty ? nil : log, misfit: failure?.misfit)
    }

    /// A slot that is of no use any more ends the worker, once the other slots have finished what they hold: whoever
    /// starts it again gets one that announces what works.
    func giveUp(_ error: any Error) {
        guard (error as? EngineFailure)?.isDeviceUnusable == true, end == nil else { return }
        logger.error("\(error.reason)")
        drain(becauseOf: error)
    }
}
