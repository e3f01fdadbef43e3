internal import CZeroMQ
internal import Foundation
internal import Logging
internal import Synchronization

/// Answers libzmq's question for every connection to a server with keys: may the holder of this key come in? One a
/// context, on a thread of its own, as ZAP (rfc.zeromq.org/spec/27) has it.
///
/// Debian's libzmq lets everyone in where nobody answers (ZMQ_ZAP_ENFORCE_DOMAIN is a draft). So the authenticator is
/// bound before any server listens, and servers take no message without the User-Id that only it gives.
final class Authenticator: Sendable {
    static let endpoint = "inproc://zeromq.zap.01"

    private let domains: Domains
    private let thread: SocketThread<Never>

    init(_ context: MessagingContext) throws {
        let domains = Domains()
        let socket = try context.makeSocket(ZMQ_REP)
        do {
            guard zmq_bind(socket, Self.endpoint) == 0 else { throw MessagingError.last("listen on", Self.endpoint) }
            thread = SocketThread("messaging-keys", try WakeUp(), AuthenticatorLoop(socket, domains))
        } catch {
            zmq_close(socket)
            throw error
        }
        self.domains = domains
    }

    /// The name under which servers ask about this list.
    func admit(_ list: AllowList) -> String { domains.add(list) }
}

/// The allow-lists by the ZAP domain of their servers.
final class Domains: Sendable {
    private let lists = Mutex<[String: AllowList]>([:])

    func add(_ list: AllowList) -> String {
        lists.withLock { lists in
            if let known = lists.first(where: { $0.value === list }) { return known.key }
            let name = "farm-\(lists.count + 1)"
            lists[name] = list
            return name
        }
    }

    subscript(name: String) -> AllowList? { lists.withLock { $0[name] } }
}

/// What the authenticator's thread does.
// It holds no context: the context holds it, and could not end otherwise.
final class AuthenticatorLoop: SocketOwner {
    private let socket: UnsafeMutableRawPointer
    private let domains: Domains
    private let logger = Logger(label: "messaging.keys")

    init(_ socket: UnsafeMutableRawPointer, _ domains: Domains) { (self.socket, self.domains) = (socket, domains) }

    func perform(_ command: Never) {}
    func turnDown(_ command: Never) {}

    func close(_ error: (any Error)?) {
        if let error { logger.critical("nobody is let in any more: restart the coordinator: \(error)") }
        zmq_close(socket)
    }

    func work(_ now: ContinuousClock.Instant) throws -> Wait {
        while let request = try receive() { try answer(request) }
        var wait = Wait()
        wait.add(socket, ZMQ_POLLIN)
        return wait
    }

    private func receive() throws -> [Frame]? {
        var frames: [Frame] = []
        while true {
            let frame = Frame()
            guard zmq_msg_recv(frame.message, socket, ZMQ_DONTWAIT) >= 0 else {
                if zmq_errno() == EAGAIN { return nil }
                if zmq_errno() == EINTR { continue }
                throw MessagingError.last("receive from", Authenticator.endpoint)
            }
            frames.append(frame)
            if !frame.hasMore { return frames }
        }
    }

    /// Version, request, domain, address, identity, mechanism, and the client's key.
    private func answer(_ request: [Frame]) throws {
        let key = request.count == 7 && request[5].text == "CURVE" ? Z85Key.text(of: request[6].bytes) : nil
        let holder = key.flatMap { domains[request[2].text]?.holder(of: $0) }
        let number = request.count > 1 ? request[1].text : ""
        let status = holder == nil ? ["400", "the key is not on the allow-list"] : ["200", "OK"]
        try send(["1.0", number] + status + [holder?.publicKey ?? "", ""])
    }

    private func send(_ frames: [String]) throws {
        for (index, text) in frames.enumerated() {
            let frame = try Frame(Data(text.utf8))
            let more = index < frames.count - 1 ? ZMQ_SNDMORE : 0
            // Who asked may have gone.
            guard Socket.send(frame, socket, ZMQ_DONTWAIT | more) || zmq_errno() == EAGAIN else {
                throw MessagingError.last("answer over", Authenticator.endpoint)
            }
        }
    }
}
