internal import Foundation
internal import Synchronization

/// A TCP relay that misbehaves when told to: it holds bytes back, lets none through, or breaks every connection.
public final class Relay: Sendable {
    private struct State {
        /// Seconds that bytes are held back.
        var delay = 0.0
        /// Nothing passes, and nobody is told.
        var isFrozen = false
        /// Bytes a second that pass in each direction of a connection.
        var rate: Int?
        /// New connections are closed at once.
        var isShut = false
        var connections: [Int32: Int32] = [:]
        var passed = 0
        var held = 0
    }

    public let port: Int
    private let listener: Int32
    private let target: UInt16
    private let state = Mutex(State())

    /// - Parameter target: a port of this machine.
    public init(to target: Int) throws {
        self.target = UInt16(target)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer -> Int in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(listener, generic, length) == 0, listen(listener, 64) == 0,
                    getsockname(listener, generic, &length) == 0
                else { return 0 }
                return 1
            }
        }
        guard bound == 1 else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let self else { return }
                self.take(client)
            }
        }
    }

    deinit { close() }

    /// Bytes that went through so far.
    public var passed: Int { state.withLock { $0.passed } }

    /// How often bytes were held back.
    public var held: Int { state.withLock { $0.held } }

    public func throttle(bytesPerSecond: Int?) { state.withLock { $0.rate = bytesPerSecond } }
    public func delay(by seconds: Double) { state.withLock { $0.delay = seconds } }
    public func freeze(_ isFrozen: Bool) { state.withLock { $0.isFrozen = isFrozen } }

    /// Breaks all connections; `shut` takes no new ones either until `open`.
    /// - Returns: how many were broken.
    @discardableResult
    public func cut(shut: Bool = false) -> Int {
        let broken = state.withLock { state in
            state.isShut = shut
            return state.connections
        }
        for (one, other) in broken {
            shutdown(one, Int32(SHUT_RDWR))
            shutdown(other, Int32(SHUT_RDWR))
        }
        return broken.count
    }

    public func open() { state.withLock { $0.isShut = false } }

    public func close() {
        cut(shut: true)
        shutdown(listener, Int32(SHUT_RDWR))
        Foundation.close(listener)
    }

    private func take(_ client: Int32) {
        guard !state.withLock({ $0.isShut }) else { return void(Foundation.close(client)) }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(target)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            Foundation.close(server)
            return void(Foundation.close(client))
        }
        var one: Int32 = 1
        for end in [client, server] {
            setsockopt(end, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        state.withLock { $0.connections[client] = server }
        let ends = DispatchGroup()
        for (from, to) in [(client, server), (server, client)] {
            ends.enter()
            Thread.detachNewThread { [self] in
                pump(from, to)
                shutdown(from, Int32(SHUT_RDWR))
                shutdown(to, Int32(SHUT_RDWR))
                ends.leave()
            }
        }
        ends.notify(queue: .global()) { [self] in
            state.withLock { $0.connections[client] = nil }
            Foundation.close(client)
            Foundation.close(server)
        }
    }

    private func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            let wait = state.withLock { $0.delay }
            if wait > 0 {
                Thread.sleep(forTimeInterval: wait)
                state.withLock { $0.held += 1 }
            }
            while state.withLock({ $0.isFrozen }) { Thread.sleep(forTimeInterval: 0.01) }
            if let rate = state.withLock({ $0.rate }) { Thread.sleep(forTimeInterval: Double(count) / Double(rate)) }
            var done = 0
            while done < count {
                let sent = buffer[done..<count].withUnsafeBytes {
                    send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { return }
                done += sent
            }
            state.withLock { $0.passed += count }
        }
    }

    private func void(_ result: Int32) {}

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}
