import EngineProtocol
import FarmModel
import FarmProtocol
import Foundation
import Logging
import Processes

/// What the engine says, on standard output and on standard error.
extension EngineSupervisor {
    /// An engine that floods its log loses the middle of it, not our memory.
    private static let errorLines = 1000
    /// How long a failure waits for its last log lines: they are on their way already.
    private static let logPatience = Duration.seconds(1)

    func startEngine() throws(EngineFailure) {
        let (errors, error) = AsyncStream.makeStream(
            of: Data.self, bufferingPolicy: .bufferingNewest(Self.errorLines))
        let engine: ChildProcess
        do {
            engine = try ChildProcess(launch, name: "engine") { line in
                guard let line else { return error.finish() }
                EngineErrors.passOn(line)
                error.yield(line)
            }
        } catch let failure {
            let isThere = FileManager.default.fileExists(atPath: launch.executable)
            throw EngineFailure(
                reason: "\(BoxError.cannotStart(launch.executable, isThere: isThere, failure.reason))",
                isDeviceUnusable: true)
        }
        self.engine = engine
        started = Clock.seconds
        lastWords = nil
        log = EngineLog()
        talking.insert(engine.processID)
        Task {
            for await line in errors { hearError(line) }
            talking.remove(engine.processID)
        }
        Task {
            for await line in engine.lines { hear(line) }
            await engineEnded(engine)
        }
    }

    private func hear(_ line: Data) {
        do { handle(try JSONLine.decode(line)) } catch {
            logger.error("the engine said what is no event: \(String(decoding: line, as: UTF8.self))")
        }
    }

    private func hearError(_ line: Data) {
        log.take(line)
        for attempt in Array(failing.keys) where log.hasEnd(of: attempt) { endFailing(attempt) }
    }

    private func handle(_ event: EngineEvent) {
        switch event {
        case .ready(let description):
            slot = description
            for waiter in slotWaiters { waiter.resume(returning: description) }
            slotWaiters = []
            feed()
        case .progress(let attempt, let frames): progress[attempt] = (frames, Clock.seconds)
        case .finished(let result):
            uselessEngines = 0
            end(result.attempt, .success(result))
        case .failed(let attempt, let reason, let misfit):
            failed(attempt, EngineFailure(reason: reason, misfit: misfit))
        case .calibrated(let calibration):
            uselessEngines = 0
            calibrations.removeValue(forKey: calibration.job)?.waiter.resume(returning: calibration)
        case .calibrationFailed(let job, let reason):
            let failure = EngineFailure(reason: reason, log: log.tail(of: nil))
            calibrations.removeValue(forKey: job)?.waiter.resume(throwing: failure)
        case .notice(let text): logger.notice("\(text)")
        case .lost(let reason): lastWords = reason
        }
    }

    private func failed(_ attempt: AttemptID, _ failure: EngineFailure) {
        failing[attempt] = failure
        if log.hasEnd(of: attempt) || results[attempt] == nil { return endFailing(attempt) }
        Task {
            try? await Task.sleep(for: Self.logPatience)
            endFailing(attempt)
        }
    }

    func endFailing(_ attempt: AttemptID) {
        guard var failure = failing[attempt] else { return }
        failure.log = log.tail(of: attempt)
        end(attempt, .failure(failure))
    }
}
