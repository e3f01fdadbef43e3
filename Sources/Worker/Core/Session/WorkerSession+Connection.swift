import FarmModel
import FarmProtocol
import Foundation
import Logging
import Messaging
import Processes

/// What comes over the control channel, and what a new connection is told.
extension WorkerSession {
    func hear(_ event: ClientEvent) {
        switch event {
        case .connected:
            denials = 0
            isConnected = true
            greet()
        case .denied(let reason, _): denied(reason)
        case .disconnected:
            isConnected = false
            setWelcome(false)
            logger.warning("coordinator out of reach; trying again", metadata: ["in hand": "\(holdings.attempts)"])
        // What it was is in the holdings: it is said again after the next welcome, or with the next heartbeat.
        case .undelivered: holdings.untellAll()
        case .message(let data): receive(data)
        }
    }

    /// Said at first, and then now and then: the key may be put on the list yet, and it may take days.
    private func denied(_ reason: String) {
        denials += 1
        guard denials.nonzeroBitCount == 1 else { return }
        logger.error(
            "\(configuration.control) does not let this worker in: \(reason); trying again, for ever",
            metadata: ["tries": "\(denials)"])
    }

    /// The coordinator takes this connection for a stranger's: it is told who this is and what is in hand. All else waits
    /// for its welcome.
    private func greet() {
        setWelcome(false)
        sayHello()
    }

    func sayHello() {
        lastHeard = Clock.seconds
        send(.hello(WorkerHello(worker: configuration.identity, slots: slots, held: holdings.attempts)))
    }

    private func receive(_ data: Data) {
        lastHeard = Clock.seconds
        unansweredGreetings = 0
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
        if !isWelcome { logger.notice("welcome", metadata: ["in hand": "\(holdings.attempts)"]) }
        setWelcome(true)
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
}
