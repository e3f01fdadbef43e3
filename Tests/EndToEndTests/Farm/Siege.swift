import Foundation
import Synchronization

/// Strangers on a coordinator's ports: half-open connections, garbage, and a greeting followed by a frame of 2 GiB.
final class Siege: Sendable {
    private struct State {
        var sockets: [Int32] = []
        var connections = 0
        var bytes = 0
        var isOver = false
    }

    private let ports: [Int]
    private let state = Mutex(State())

    init(ports: [Int]) { self.ports = ports }

    deinit { end() }

    var connections: Int { state.withLock { $0.connections } }
    var bytes: Int { state.withLock { $0.bytes } }

    /// Three hundred silent connections a port, and two threads a port that send what no peer would.
    func begin() {
        for port in ports {
            for _ in 0..<300 {
                if let socket = Self.connect(port) { keep(socket) }
            }
            for hasGreeting in [false, true] {
                Thread.detachNewThread { [weak self] in
                    while let self, !self.state.withLock({ $0.isOver }) { self.pester(port, hasGreeting) }
                }
            }
        }
    }

    func end() {
        let sockets = state.withLock { state in
            defer { state.sockets = [] }
            state.isOver = true
            return state.sockets
        }
        for socket in sockets { close(socket) }
    }

    private func keep(_ socket: Int32) {
        state.withLock { state in
            state.sockets.append(socket)
            state.connections += 1
        }
    }

    /// ZMTP 3.1's greeting for CURVE, or none; then noise, until the other side hangs up.
    private func pester(_ port: Int, _ hasGreeting: Bool) {
        guard let socket = Self.connect(port) else { return Thread.sleep(forTimeInterval: 0.05) }
        defer { close(socket) }
        state.withLock { $0.connections += 1 }
        var data: [UInt8] = []
        if hasGreeting {
            data = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 1] + Array("CURVE".utf8)
            data += [UInt8](repeating: 0, count: 64 - data.count)
            data += [0x02, 0, 0, 0, 0, 0x80, 0, 0, 0]  // a frame of 2 GiB follows
        }
        data += (0..<4096).map { _ in UInt8.random(in: 0...255) }
        for _ in 0..<64 {
            let sent = data.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return }
            state.withLock { $0.bytes += sent }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }

    private static func connect(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
