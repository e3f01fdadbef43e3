import FarmModel
import FarmProtocol
import Foundation
import Testing

@testable import Messaging

/// Strangers on the TCP ports: nothing gets in, real clients are served, memory and descriptors come back.
@Suite(.timeLimit(.minutes(2)), .serialized)
struct StrangerTests {
    @Test func garbageOnBothPortsDisturbsNobody() async throws {
        let bench = try KeyedBench()
        var noise = Noise(seed: 99)
        for endpoint in [bench.control.endpoint, bench.bulk.endpoint] {
            for round in 0..<100 {
                let socket = try TCPSocket(endpoint)
                // Some begin as they should.
                if round % 3 == 0 { socket.send(TCPSocket.greeting("CURVE")) }
                if round % 3 == 1 {
                    socket.send(TCPSocket.greeting("NULL").prefix(Int.random(in: 1...64, using: &noise)))
                }
                socket.send(Noise(seed: noise.next()).data(Int.random(in: 1...3000, using: &noise)))
            }
        }
        try await serves(bench)
        await bench.close()
    }

    @Test func halfOpenConnectionsCostDescriptorsForAWhileOnly() async throws {
        let bench = try KeyedBench()
        let endpoints = [bench.control.endpoint, bench.bulk.endpoint]
        let sockets = try endpoints.flatMap { endpoint in try (0..<250).map { _ in try TCPSocket(endpoint) } }
        while try connections(to: endpoints) < sockets.count { try await Task.sleep(for: .milliseconds(10)) }
        try await serves(bench)
        // The server closes its ends; ours stay.
        while try connections(to: endpoints) > 0 { try await Task.sleep(for: .milliseconds(100)) }
        withExtendedLifetime(sockets) {}
        try await serves(bench)
        await bench.close()
    }

    @Test func whoAnnouncesAHugeMessageIsCutOff() async throws {
        let bench = try KeyedBench()
        try await serves(bench)
        let before = try residentBytes()
        for round in 0..<32 {
            let socket = try TCPSocket(round.isMultiple(of: 2) ? bench.control.endpoint : bench.bulk.endpoint)
            socket.send(TCPSocket.greeting("CURVE"))
            #expect(socket.receive(64).count == 64)
            // A long command frame of 2 GiB, and the beginning of it.
            socket.send(Data([0x06, 0, 0, 0, 0, 0x80, 0, 0, 0]))
            socket.sendUntilCutOff(Data(count: 1 << 20), limit: 64)
        }
        // 2 GiB went out, or as much as the systems's buffers take; other tests use memory meanwhile.
        #expect(try residentBytes() - before < 1 << 30)
        try await serves(bench)
        await bench.close()
    }

    /// A holder of a key who does the same after the handshake, which only libzmq itself can do here.
    @Test func aKeysHolderIsCutOffToo() async throws {
        let bench = try KeyedBench()
        let key = try bench.admit()
        let peer = try RawPeer(connecting: bench.bench, to: bench.control.endpoint, key.security)
        try await peer.send([Data("small".utf8)])
        var events = bench.control.events.makeAsyncIterator()
        guard case .message(_, _, Data("small".utf8)) = await events.next() else { return }
        try await peer.send([Data(count: 64 << 20)])
        try await peer.send([Data("after it".utf8)])
        try await serves(bench, &events)
        peer.close()
        await bench.close()
    }

    private func serves(_ bench: KeyedBench) async throws {
        var events = bench.control.events.makeAsyncIterator()
        try await serves(bench, &events)
    }

    /// A real client is heard and gets a blob.
    private func serves(_ bench: KeyedBench, _ events: inout AsyncStream<ControlEvent>.AsyncIterator) async throws {
        let name = "client-\(UUID().uuidString)"
        let key = try bench.admit(.client, name)
        let control = try bench.controlClient(key)
        for await event in control.events where event == .connected { break }
        control.send(Data(name.utf8))
        while let event = await events.next() {
            if case .message(_, let sender, Data(name.utf8)) = event {
                #expect(sender.name == name)
                break
            }
        }
        let bulk = try bench.bulkClient(key)
        let (blob, data) = try await bench.bench.makeFile("file", size: 100_000)
        try bench.bulk.serve(id: blob.id, slices: [.file(bench.bench.path("file"))])
        try await bulk.fetch(blob, to: bench.bench.path("fetched"))
        #expect(try bench.bench.contents("fetched") == data)
        await control.close()
        await bulk.close()
    }

    /// How many connections this process has accepted and not closed at these ports.
    private func connections(to endpoints: [EndpointAddress]) throws -> Int {
        let ports = Set(endpoints.compactMap { "\($0)".split(separator: ":").last.flatMap { UInt16($0) } })
        // Its size is said to be 0: read to the end.
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/net/tcp"))
        let table = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        return table.split(separator: "\n").count { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 9, let port = UInt16(fields[1].suffix(4), radix: 16) else { return false }
            let isListening = fields[3] == "0A"
            return ports.contains(port) && !isListening && fields[9] != "0"
        }
    }

    private func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (Int(pages[1]) ?? 0) * Int(getpagesize())
    }
}

/// A bare TCP connection under the test's own hand.
final class TCPSocket {
    private let descriptor: Int32

    init(_ endpoint: EndpointAddress) throws {
        let port = try #require("\(endpoint)".split(separator: ":").last.flatMap { UInt16($0) })
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close(descriptor) }

    /// ZMTP 3.1's greeting.
    static func greeting(_ mechanism: String) -> Data {
        var data = Data([0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 1])
        data += Data(mechanism.utf8) + Data(count: 20 - mechanism.utf8.count)
        return data + Data(count: 32)
    }

    /// The other side may have closed already.
    func send(_ data: Data) {
        _ = data.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    func receive(_ count: Int) -> Data {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = recv(descriptor, &bytes, count, Int32(MSG_WAITALL))
        return Data(bytes.prefix(max(0, got)))
    }

    /// Sends the data again and again until the other side has closed.
    func sendUntilCutOff(_ data: Data, limit: Int) {
        for _ in 0..<limit {
            let sent = data.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0 { return }
        }
        Issue.record("nobody cut it off")
    }
}
