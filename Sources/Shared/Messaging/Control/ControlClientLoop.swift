internal import CZeroMQ
internal import Foundation
internal import Logging

/// What the control client's thread does.
final class ControlClientLoop: SocketOwner {
    enum Command: Sendable {
        case send(Data)
    }

    private static let burst = 64

    private let link: ClientLink
    private let inbox: Inbox<ClientEvent>
    private let logger: Logger
    private var drops: DropCounter

    init(_ link: ClientLink, _ inbox: Inbox<ClientEvent>, _ logger: Logger) {
        self.link = link
        self.inbox = inbox
        self.logger = logger
        drops = DropCounter(logger)
    }

    func perform(_ command: Command) throws {
        guard case .send(let message) = command else { return }
        let fits = message.count <= SocketOptions.controlClient.maximumSendSize
        if !fits { logger.error("a message of \(message.count) bytes is longer than the coordinator takes") }
        tellChanges()
        let isSent = try fits && link.send([Frame(message)])
        if !isSent { inbox.push(.undelivered(message), cost: message.count) }
    }

    func work(_ now: ContinuousClock.Instant) throws -> Wait {
        tellChanges()
        try link.flush()
        var budget = Self.burst
        var isDrained = false
        while budget > 0, !isDrained, inbox.hasRoom {
            guard let frames = try link.receive() else {
                isDrained = true
                break
            }
            tellChanges()
            take(frames)
            budget -= 1
        }
        var wait = link.wait(reading: isDrained)
        if budget == 0 { wait.end(by: now) }
        return wait
    }

    func turnDown(_ command: Command) {}

    func close(_ error: (any Error)?) {
        if let error { logger.error("the control channel ended: \(error)") }
        link.close()
        inbox.finish()
    }

    private func take(_ frames: [Frame]) {
        guard frames.count == 1 else { return drops.count("a control message of \(frames.count) frames") }
        let message = frames[0].data
        inbox.push(.message(message), cost: message.count)
    }

    private func tellChanges() {
        for change in link.takeChanges() { inbox.push(ClientEvent(change)) }
    }
}

extension ClientEvent {
    fileprivate init(_ change: ClientLink.Change) {
        switch change {
        case .connected: self = .connected
        case .disconnected: self = .disconnected
        case .denied(let reason, let isCertain): self = .denied(reason: reason, isCertain: isCertain)
        }
    }
}
