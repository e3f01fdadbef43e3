import FarmModel
import Foundation
import Messaging

/// The coordinator's sockets, in a process of their own: echoes control messages, takes and gives the film.
enum FarmSide {
    static func run(_ transport: String, _ directory: String) async throws {
        let context = try MessagingContext()
        let isCurve = transport == Transport.curve.rawValue
        let list = AllowList()
        let pair = try CurveKeyPair.generate()
        let security: EndpointSecurity = isCurve ? .server(own: pair, admits: list) : .localOnly
        func address(_ name: String) throws -> EndpointAddress {
            try EndpointAddress(isCurve ? "tcp://127.0.0.1:*" : "ipc://\(directory)/\(name)")
        }
        let control = try ControlServer(context: context, endpoint: address("control"), security: security)
        let bulk = try BulkServer(context: context, endpoint: address("bulk"), security: security)
        if isCurve {
            let key = KeyFile(
                role: .client, name: "bench", control: "\(control.endpoint)", bulk: "\(bulk.endpoint)",
                serverKey: pair.publicKey, pair: try .generate())
            list.replace(with: [KeyHolder(role: .client, name: "bench", publicKey: key.publicKey)])
            try key.write(to: "\(directory)/\(transport).key")
        }
        bulk.expect(id: "film", destination: "\(directory)/taken", limit: .max)
        try bulk.serve(id: "film", slices: [.file("\(directory)/film")])
        let echo = Task {
            for await case .message(let peer, _, let data) in control.events { control.send(data, to: peer) }
        }
        print("\(control.endpoint) \(bulk.endpoint)")
        fflush(nil)
        _ = await Task.detached { readLine() }.value
        await control.close()
        await bulk.close()
        await echo.value
        print(Memory.peak >> 20)
    }
}

/// This program again, as a child.
final class Other {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func readLine() throws -> String {
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
            line += byte
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Ends it, and returns what it says last.
    func end() throws -> String {
        try input.fileHandleForWriting.close()
        let last = try readLine()
        process.waitUntilExit()
        return last
    }
}

/// Control messages there and back, as heartbeats are, and how long they take.
final class Pulse {
    private let client: ControlClient

    init(_ context: MessagingContext, _ endpoint: EndpointAddress, _ security: EndpointSecurity) throws {
        client = try ControlClient(context: context, endpoint: endpoint, security: security)
    }

    func during(_ work: () async throws -> Void) async throws -> String {
        let beating = Task { [client] in
            var delays: [Double] = []
            while !Task.isCancelled {
                let clock = ContinuousClock()
                let start = clock.now
                client.send(Data(count: 200))
                for await event in client.events {
                    if case .message = event { break }
                    if case .undelivered = event { break }
                }
                delays.append((clock.now - start) / .milliseconds(1))
                try? await Task.sleep(for: .milliseconds(10))
            }
            return delays.sorted()
        }
        try await work()
        beating.cancel()
        let delays = await beating.value
        guard let longest = delays.last else { return "" }
        return String(
            format: "control there and back: median %.1f ms, p99 %.1f, longest %.1f (%d)", delays[delays.count / 2],
            delays[delays.count * 99 / 100], longest, delays.count)
    }

    func close() async { await client.close() }
}
