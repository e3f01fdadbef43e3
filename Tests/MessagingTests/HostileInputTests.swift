import FarmModel
import FarmProtocol
import Foundation
import Testing

@testable import Messaging

/// Peers that do not keep to the protocol: nothing crashes, and everyone else is served.
@Suite(.timeLimit(.minutes(2)))
struct HostileInputTests {
    @Test func noiseDoesNotDisturbTheBulkChannel() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (blob, data) = try await bench.makeFile("file", size: 3 << 20)
        try server.serve(id: blob.id, slices: [.file(bench.path("file"))])
        server.expect(id: "spooled", destination: bench.path("spooled"), limit: 1 << 30)
        let peer = try RawPeer(connecting: bench, to: bench.bulk)
        var noise = Noise(seed: 20_261)
        for _ in 0..<3000 { try await peer.send(Self.message(&noise, blobs: [blob.id, "spooled", "unknown", ""])) }

        let client = try bench.bulkClient(BulkTiming(retry: .milliseconds(100)))
        try await client.fetch(blob, to: bench.path("fetched"))
        #expect(try bench.contents("fetched") == data)
        peer.close()
        let result = BlobReference(id: "spooled", size: blob.size, sha256: blob.sha256)
        // An offer out of the noise may stand; it falls silent, and the next one is taken.
        while (try? await client.deliver(result, from: bench.path("file"))) == nil {}
        #expect(try bench.contents("spooled") == data)
        #expect(server.counters.dropped.load(ordering: .relaxed) > 100)
        await client.close()
        await server.close()
    }

    @Test func noiseDoesNotDisturbABulkClient() async throws {
        let bench = try Bench()
        let (blob, data) = try await bench.makeFile("file", size: 2 << 20)
        let server = try RawPeer(binding: bench, to: bench.bulk)
        let client = try bench.bulkClient()
        let fetching = Task { try await client.fetch(blob, to: bench.path("fetched")) }
        let first = try await server.receive()
        var noise = Noise(seed: 7)
        for _ in 0..<2000 {
            // A refusal of the blob itself would be obeyed.
            try await server.send([first[0]] + Self.message(&noise, blobs: ["unknown", ""]))
        }
        for chunk in 0..<2 {
            try await server.send([
                first[0], BulkHeader(.data, blob: blob.id, offset: Int64(chunk) * Int64(Wire.chunkSize)).encoded(),
                data[chunk * Wire.chunkSize..<(chunk + 1) * Wire.chunkSize],
            ])
        }
        try await fetching.value
        #expect(try bench.contents("fetched") == data)
        #expect(client.counters.dropped.load(ordering: .relaxed) > 1000)
        await client.close()
    }

    @Test func noiseDoesNotDisturbTheControlChannel() async throws {
        let bench = try Bench()
        let server = try ControlServer(context: bench.context, endpoint: bench.control, logger: quiet)
        let peer = try RawPeer(connecting: bench, to: bench.control)
        let client = try ControlClient(context: bench.context, endpoint: bench.control)
        var toClient = client.events.makeAsyncIterator()
        #expect(await toClient.next() == .connected)
        let sending = Task {
            var noise = Noise(seed: 5)
            for _ in 0..<3000 { try await peer.send(Self.message(&noise, blobs: ["x"])) }
            client.send(Data("after the noise".utf8))
        }
        var parsed = 0
        for await case .message(_, _, let data) in server.events {
            if data == Data("after the noise".utf8) { break }
            if (try? WorkerMessage(decoding: data)) != nil { parsed += 1 }
        }
        try await sending.value
        #expect(parsed == 0)
        await client.close()
        await server.close()
    }

    @Test func getsThatCannotBeAreRefusedOneByOne() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        try server.serve(id: "blob", slices: [.bytes(Data(count: 100))])
        let peer = try RawPeer(connecting: bench, to: bench.bulk)
        let wrong: [(Int64?, Int64?)] = [
            (nil, nil), (0, nil), (nil, 1), (-1, 10), (0, -1), (0, 101), (100, 1), (101, 0), (.max, 1), (.max, .max),
            (.min, .min), (50, .max), (0, Int64(Wire.chunkSize) + 1),
        ]
        for (offset, size) in wrong {
            try await peer.send([BulkHeader(.get, blob: "blob", offset: offset, size: size).encoded()])
            #expect(try BulkHeader(decoding: try await peer.receive()[0]).type == .refused)
        }
        try await peer.send([BulkHeader(.get, blob: "blob", offset: 90, size: 10).encoded()])
        #expect(try await peer.receive()[1] == Data(count: 10))
        await server.close()
    }

    @Test func offersThatCannotBeAreRefused() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        server.expect(id: "blob", destination: bench.path("spooled"), limit: .max)
        let peer = try RawPeer(connecting: bench, to: bench.bulk)
        let hash = String(repeating: "a", count: 64)
        for (size, sha256) in [(-1, hash), (.min, hash), (nil, hash), (1, nil), (1, "abc"), (1, hash.uppercased())]
            as [(Int64?, String?)]
        {
            try await peer.send([BulkHeader(.offer, blob: "blob", size: size, sha256: sha256).encoded()])
            #expect(try BulkHeader(decoding: try await peer.receive()[0]).type == .refused)
        }
        #expect(!bench.exists("spooled.part"))
        await server.close()
    }

    @Test func whoAsksWithoutReadingCostsABoundedAmount() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (blob, data) = try await bench.makeFile("file", size: 2 << 20)
        try server.serve(id: blob.id, slices: [.file(bench.path("file"))])
        let greedy = try RawPeer(connecting: bench, to: bench.bulk)
        for offset in 0..<1000 {
            let get = BulkHeader(.get, blob: blob.id, offset: Int64(offset), size: Int64(Wire.chunkSize))
            try await greedy.send([get.encoded()])
        }
        let client = try bench.bulkClient()
        try await client.fetch(blob, to: bench.path("fetched"))
        #expect(try bench.contents("fetched") == data)
        // What is sent waits in two connections' queues of twice the window, and in the system's buffers.
        while server.counters.dropped.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(server.counters.sent.load(ordering: .relaxed) <= 2 + 4 * Wire.creditWindow + 8)
        await client.close()
        await server.close()
    }

    /// A message of right, mutated or random frames.
    static func message(_ noise: inout Noise, blobs: [String]) throws -> [Data] {
        var frames: [Data] = []
        for _ in 0..<Int.random(in: 1...3, using: &noise) {
            switch Int.random(in: 0..<4, using: &noise) {
            case 0: frames.append(Noise(seed: noise.next()).data(Int.random(in: 0...300, using: &noise)))
            case 1: frames.append(Data())
            case 2: frames.append(try header(&noise, blobs))
            default:
                var data = try header(&noise, blobs)
                for _ in 0..<Int.random(in: 1...4, using: &noise) {
                    data[Int.random(in: 0..<data.count, using: &noise)] = UInt8.random(in: 0...255, using: &noise)
                }
                frames.append(data)
            }
        }
        return frames
    }

    private static func header(_ noise: inout Noise, _ blobs: [String]) throws -> Data {
        let types: [Wire.BulkType] = [.get, .data, .offer, .received, .refused]
        let numbers: [Int64?] = [nil, 0, 1, -1, 1 << 20, 1 << 40, .max, .min]
        return try BulkHeader(
            types.randomElement(using: &noise) ?? .get, blob: blobs.randomElement(using: &noise) ?? "",
            offset: numbers.randomElement(using: &noise) ?? nil, size: numbers.randomElement(using: &noise) ?? nil,
            sha256: Bool.random(using: &noise) ? String(repeating: "a", count: 64) : nil,
            reason: Bool.random(using: &noise) ? "\u{1B}[2J" : nil
        ).encoded()
    }
}
