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
        let last = slot == nil ? started : inside.compactMap { progress[$0.task.attempt]?.moved }.max()
        guard let last, Clock.seconds - last > limit else { return }
        logger.warning("the engine has not moved for \(Int(Clock.seconds - last)) s: ending it")
        engine.signal(SIGKILL)
    }

    func engineEnded(_ process: ChildProcess) async {
        let reason = "\(await process.exit())"
        engine = nil
        guard ended == nil else { return }
        logger.warning("engine \(reason)", metadata: ["inside": "\(inside.map(\.task.attempt))"])
        uselessEngines = slot == nil || (inside.isEmpty && calibrations.isEmpty) ? uselessEngines + 1 : 0
        slot = nil
        let crash = EngineFailure(reason: "the engine was \(reason)", crashed: true)
        for waiter in calibrations.values { waiter.resume(throwing: crash) }
        calibrations = [:]
        judge(crash)
        restart(after: reason)
    }

    /// One segment inside is guilty; of two, each is tried alone.
    private func judge(_ crash: EngineFailure) {
        if inside.count == 1, let only = inside.first {
            end(only.task.attempt, .failure(crash))
        } else {
            suspects.formUnion(inside.map(\.task.attempt))
            waiting.insert(contentsOf: inside, at: 0)
            inside = []
        }
    }

    private func restart(after reason: String) {
        guard uselessEngines < Self.uselessLimit else {
            return endAll(
                EngineFailure(
                    reason: "the engine does not stay up (\(reason)); run `worker models` to see what libtorch says",
                    isDeviceUnusable: true))
        }
        do { try startEngine() } catch {
            endAll(
                EngineFailure(
                    reason: "cannot start the engine \(launch.executable): \(error.reason)", isDeviceUnusable: true))
        }
    }

    func endAll(_ failure: EngineFailure) {
        ended = ended ?? failure
        for waiter in slotWaiters { waiter.resume(throwing: failure) }
        slotWaiters = []
        for waiter in calibrations.values { waiter.resume(throwing: failure) }
        calibrations = [:]
        for waiter in results.values { waiter.resume(throwing: failure) }
        results = [:]
        waiting = []
        inside = []
    }
}
