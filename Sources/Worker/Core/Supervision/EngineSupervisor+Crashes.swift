import FarmModel
import Foundation
import Logging
import Processes

/// What becomes of the segments inside when an engine hangs or dies.
extension EngineSupervisor {
    /// Kills an engine in which nothing has moved for so long, or that has not begun to speak: it hangs. What was inside
    /// is judged as after a crash.
    func killIfStuck(after limit: Double) {
        guard let engine else { return }
        let moves = inside.compactMap { progress[$0.task.attempt]?.moved } + calibrations.values.map(\.began)
        let last = slot == nil ? started : moves.max()
        guard let last, Clock.seconds - last > limit else { return }
        logger.warning("the engine has not moved for \(Int(Clock.seconds - last)) s: ending it")
        engine.signal(SIGKILL)
    }

    func engineEnded(_ process: ChildProcess) async {
        let wasReady = slot != nil
        slot = nil  // nothing more is fed to it while its end is looked into
        let exit = await process.exit()
        await readLastWords(of: process)
        engine = nil
        guard ended == nil else { return }
        let reason = lastWords ?? "the engine \(exit.bySignal ? "was " : "")\(exit)"
        logger.warning(
            "engine \(exit)\(lastWords.map { ": \($0)" } ?? "")", metadata: ["inside": "\(inside.map(\.task.attempt))"])
        let isUseless = !wasReady || (inside.isEmpty && calibrations.isEmpty)
        uselessEngines = isUseless ? uselessEngines + 1 : 0
        // What it said before it died still holds.
        for attempt in Array(failing.keys) { endFailing(attempt) }
        judge(reason)
        restart(after: lastWords ?? "\(exit)")
    }

    /// Its standard error ends with it, unless it has left a child behind that holds it open.
    private func readLastWords(of process: ChildProcess) async {
        for _ in 0..<100 where talking.contains(process.processID) { try? await Task.sleep(for: .milliseconds(20)) }
    }

    /// One segment inside is guilty; of two, each is tried alone.
    private func judge(_ reason: String) {
        var crash = EngineFailure(reason: reason, crashed: true, log: log.tail(of: nil))
        for calibration in calibrations.values { calibration.waiter.resume(throwing: crash) }
        calibrations = [:]
        let wasAlone = inside.count == 1
        for attempt in cancelled { end(attempt, .failure(EngineFailure(reason: "cancelled"))) }
        if wasAlone, let only = inside.first {
            crash.log = log.tail(of: only.task.attempt)
            return end(only.task.attempt, .failure(crash))
        }
        suspects.formUnion(inside.map(\.task.attempt))
        waiting.insert(contentsOf: inside, at: 0)
        inside = []
    }

    private func restart(after reason: String) {
        guard uselessEngines < Self.uselessLimit else {
            return endAll(
                EngineFailure(
                    reason: "the engine does not stay up (\(reason)); see `worker doctor`",
                    isDeviceUnusable: true, log: log.tail(of: nil)))
        }
        do { try startEngine() } catch { endAll(error) }
    }

    func endAll(_ failure: EngineFailure) {
        ended = ended ?? failure
        for waiter in slotWaiters { waiter.resume(throwing: failure) }
        slotWaiters = []
        for calibration in calibrations.values { calibration.waiter.resume(throwing: failure) }
        calibrations = [:]
        for waiter in results.values { waiter.resume(throwing: failure) }
        results = [:]
        waiting = []
        inside = []
    }
}
