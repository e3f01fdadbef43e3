internal import CZeroMQ
internal import Foundation
internal import Synchronization

/// What a socket's thread does. Only that thread calls it once it runs, and nothing in it may wait.
protocol SocketOwner: AnyObject {
    associatedtype Command: Sendable

    func perform(_ command: Command) throws
    /// Reads and sends what can be read and sent now, and says what to wait for.
    func work(_ now: ContinuousClock.Instant) throws -> Wait
    /// Answers a command that came too late.
    func turnDown(_ command: Command)
    /// Closes the sockets and ends the events. `error` is nil where that was asked for.
    func close(_ error: (any Error)?)
}

/// What ends a thread's wait.
struct Wait {
    var sockets: [(handle: UnsafeMutableRawPointer, events: Int32)] = []
    /// nil: no time does.
    var until: ContinuousClock.Instant?

    mutating func add(_ handle: UnsafeMutableRawPointer, _ events: Int32) {
        if events != 0 { sockets.append((handle, events)) }
    }

    mutating func end(by instant: ContinuousClock.Instant) { until = min(until ?? instant, instant) }
}

/// One OS thread that owns sockets. Everyone else posts commands; nobody else touches a socket.
final class SocketThread<Command: Sendable>: Sendable {
    private enum Order: Sendable {
        case command(Command)
        case close
    }

    private let mailbox: Mailbox<Order>
    private let ended = Latch()

    /// Takes `owner` over: the caller must not use it again.
    init<Owner: SocketOwner>(_ name: String, _ wakeUp: WakeUp, _ owner: Owner) where Owner.Command == Command {
        mailbox = Mailbox(wakeUp)
        let life = Handover({ [mailbox] in Self.run(owner, mailbox, wakeUp) })
        let thread = Thread { [ended] in
            life.value()
            ended.open()
        }
        thread.name = name
        thread.start()
    }

    deinit { _ = mailbox.post(.close) }

    /// False where the thread has ended.
    @discardableResult
    func post(_ command: Command) -> Bool { mailbox.post(.command(command)) }

    /// Returns when the sockets are closed.
    func close() async {
        _ = mailbox.post(.close)
        await ended.wait()
    }

    private static func run<Owner: SocketOwner>(_ owner: Owner, _ mailbox: Mailbox<Order>, _ wakeUp: WakeUp)
    where Owner.Command == Command {
        var failure: (any Error)?
        do {
            while try carryOut(mailbox.takeAll(), owner) {
                try poll(owner.work(.now), wakeUp)
            }
        } catch { failure = isEndOfContext(error) ? nil : error }
        for case .command(let command) in mailbox.close() { owner.turnDown(command) }
        owner.close(failure)
    }

    /// Shutting the context down is the other way to close, not a failure.
    private static func isEndOfContext(_ error: any Error) -> Bool {
        if case .socket(_, _, ETERM, _)? = error as? MessagingError { true } else { false }
    }

    /// False after a request to close.
    private static func carryOut<Owner: SocketOwner>(_ orders: [Order], _ owner: Owner) throws -> Bool
    where Owner.Command == Command {
        for (index, order) in orders.enumerated() {
            switch order {
            case .command(let command): try owner.perform(command)
            case .close:
                for case .command(let late) in orders[index...] { owner.turnDown(late) }
                return false
            }
        }
        return true
    }

    private static func poll(_ wait: Wait, _ wakeUp: WakeUp) throws {
        var items = wait.sockets.map {
            zmq_pollitem_t(socket: $0.handle, fd: 0, events: Int16($0.events), revents: 0)
        }
        items.append(zmq_pollitem_t(socket: nil, fd: wakeUp.descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
        guard zmq_poll(&items, Int32(items.count), milliseconds(wait.until)) >= 0 || zmq_errno() == EINTR else {
            throw MessagingError.last("wait for")
        }
        if items[items.count - 1].revents != 0 { wakeUp.clear() }
    }

    private static func milliseconds(_ instant: ContinuousClock.Instant?) -> Int {
        guard let instant else { return -1 }
        let left = (instant - .now) / Duration.milliseconds(1)
        return left <= 0 ? 0 : Int(min(left, 3_600_000).rounded(.up))
    }
}
