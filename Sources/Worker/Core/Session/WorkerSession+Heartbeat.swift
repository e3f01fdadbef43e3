import FarmModel
import FarmProtocol
import Foundation
import Logging
import Processes

/// What is done again and again: looking after the engines, and letting the coordinator know that work goes on.
extension WorkerSession {
    func beat() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(heartbeatInterval))
            for engine in engines {
                await engine.killIfStuck(after: configuration.stallLimit)
                if let failure = await engine.ended { giveUp(failure) }
            }
            if isConnected { lookForSilence() }
            guard isWelcome else { continue }
            let heartbeat = Heartbeat(attempts: await progress())
            tell()
            send(.heartbeat(heartbeat))
        }
    }

    private func progress() async -> [Heartbeat.Progress] {
        var list: [Heartbeat.Progress] = []
        for attempt in holdings.attempts {
            guard let slot = holdings.slot(of: attempt) else { continue }
            if case .result(let result) = holdings.entries[attempt]?.report?.message {
                list.append(.init(attempt: attempt, frames: result.frames))
            } else {
                list.append(.init(attempt: attempt, frames: await engines[slot].frames(of: attempt)))
            }
        }
        return list
    }

    /// A connection may stand and nobody listen: a coordinator that hangs, or one that has taken this worker's key off its
    /// list, which answers nothing. Hello is answered by everyone else, at any time.
    private func lookForSilence() {
        guard Clock.seconds - lastHeard > configuration.silenceLimit else { return }
        if unansweredGreetings.nonzeroBitCount == 1 {
            logger.error(
                "the coordinator is connected and does not answer: it hangs, or this worker's key was revoked; trying again",
                metadata: ["tries": "\(unansweredGreetings)"])
        }
        unansweredGreetings += 1
        sayHello()
    }
}
