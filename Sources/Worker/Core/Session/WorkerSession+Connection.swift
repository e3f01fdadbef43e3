import FarmModel
import FarmProtocol
import Foundation
import Logging
import Messaging

/// What comes over the control channel, and what a new connection is told.
extension WorkerSession {
    func hear(_ event: ClientEvent) {
        switch event {
        case .connected: greet()
        case .disconnected:
            setWelcome(false)
            logger.warning("coordinator out of reach; trying again", metadata: ["in hand": "\(holdings.attempts)"])
        case .denied(let reason):
            logger.error("not let in: \(reason); trying again", metadata: ["endpoint": "\(configuration.control)"])
        // What it was is in the holdings: it is said again after the next welcome, or with the next heartbeat.
        case .undelivered: holdings.untellAll()
        case .message(let data): receive(data)
        }
    }

    /// The coordinator takes this connection for a stranger's: it is told who this is and what is in hand. All else waits
    /// for its welcome.
    private func greet() {
        setWelcome(false)
        send(.hello(WorkerHello(worker: configuration.identity, slots: slots, held: holdings.attempts)))
    }

    private func receive(_ data: Data) {
        do { obey(try CoordinatorMessage(decoding: data)) } catch WireError.version(let theirs) {
            finish(WorkerError.version(theirs: theirs))
        } catch {
            unreadable += 1
            // Now and then: whoever sends one may send many.
            if unreadable.nonzeroBitCount == 1 {
                logger.error("\(error)", metadata: ["unreadable so far": "\(unreadable)"])
            }
        }
    }

    private func obey(_ message: CoordinatorMessage) {
        switch message {
        case .welcome(let welcome): welcomed(welcome)
        case .reject(let reason): finish(WorkerError.rejected(reason))
        case .stranger: greet()
        case .calibrate(let request): Task { await calibrate(request) }
        case .lease(let lease): begin(lease)
        case .accepted(let attempt): forget(attempt)
        case .refused(let attempt, let reason):
            logger.warning("result refused: \(reason)", metadata: ["attempt": "\(attempt)"])
            forget(attempt)
        case .cancel(let attempt): forget(attempt)
        case .drain: drain()
        }
    }

    private func welcomed(_ welcome: Welcome) {
        heartbeatInterval = max(0.1, welcome.heartbeatInterval)
        setWelcome(true)
        logger.notice("welcome", metadata: ["in hand": "\(holdings.attempts)"])
        if isDraining { send(.draining) }
        holdings.untellAll()
        tell()
        holdings.forgetToldCalibrations()
        deliverAgain()
    }

    /// Says what has become of attempts and calibrations and is not yet said over this connection.
    func tell() {
        guard isWelcome else { return }
        for message in holdings.untold() { send(message) }
        finishIfDrained()
    }

    // MARK: Heartbeat

    func beat() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(heartbeatInterval))
            for engine in engines {
                await engine.killIfStuck(after: configuration.stallLimit)
                if let failure = await engine.ended { giveUp(failure) }
            }
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
}
