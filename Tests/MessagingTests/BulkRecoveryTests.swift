import FarmModel
import FarmProtocol
import Foundation
import Testing

@testable import Messaging

/// Peers that go in mid-transfer, over real sockets.
@Suite(.timeLimit(.minutes(2)))
struct BulkRecoveryTests {
    @Test func anotherClientGoesOnWhereOneVanished() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (blob, data) = try await bench.makeFile("result", size: 10 << 20)
        server.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30)

        let vanishing = try RawPeer(connecting: bench, to: bench.bulk)
        try await vanishing.send([BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()])
        for chunk in 0..<4 {
            let get = try BulkHeader(decoding: try await vanishing.receive()[0])
            let offset = try #require(get.offset)
            #expect(get.type == .get && offset == Int64(chunk * Wire.chunkSize))
            try await vanishing.send([
                BulkHeader(.data, blob: blob.id, offset: offset).encoded(),
                data[Int(offset)..<Int(offset) + Wire.chunkSize],
            ])
        }
        vanishing.close()

        let client = try bench.bulkClient(BulkTiming(retry: .milliseconds(100)))
        try await client.deliver(blob, from: bench.path("result"))
        #expect(try bench.contents("spooled") == data)
        // Six chunks were missing; a few of the vanished one's may have been lost with it.
        #expect(client.counters.sent.load(ordering: .relaxed) <= 10)
        var events = server.events.makeAsyncIterator()
        #expect(await events.next() == .received(blob))
        await client.close()
        await server.close()
    }

    @Test func anotherClientWithOtherBytesStartsAnew() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (first, _) = try await bench.makeFile("first", size: 4 << 20, seed: 1)
        let (second, data) = try await bench.makeFile("second", size: 3 << 20, seed: 2)
        server.expect(id: "result", destination: bench.path("spooled"), limit: 1 << 30)
        let vanishing = try RawPeer(connecting: bench, to: bench.bulk)
        try await vanishing.send([BulkHeader(.offer, blob: "result", size: first.size, sha256: first.sha256).encoded()])
        _ = try await vanishing.receive()
        vanishing.close()
        let client = try bench.bulkClient(BulkTiming(retry: .milliseconds(100)))
        let blob = BlobReference(id: "result", size: second.size, sha256: second.sha256)
        try await client.deliver(blob, from: bench.path("second"))
        #expect(try bench.contents("spooled") == data)
        await client.close()
        await server.close()
    }

    @Test func unexpectingGivesBackWhatHasArrived() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (blob, _) = try await bench.makeFile("result", size: 4 << 20)
        server.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30)
        let peer = try RawPeer(connecting: bench, to: bench.bulk)
        try await peer.send([BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()])
        _ = try await peer.receive()
        #expect(bench.exists("spooled.part"))
        server.unexpect(blob.id)
        await server.close()
        #expect(!bench.exists("spooled.part") && !bench.exists("spooled"))
    }

    @Test func aFetchOutlivesItsServer() async throws {
        let bench = try Bench()
        let (blob, data) = try await bench.makeFile("source", size: 10 << 20)
        let dying = try RawPeer(binding: bench, to: bench.bulk)
        let client = try bench.bulkClient()
        let fetching = Task { try await client.fetch(blob, to: bench.path("fetched")) }
        for _ in 0..<3 {
            let request = try await dying.receive()
            let offset = try #require(try BulkHeader(decoding: request[1]).offset)
            try await dying.send([
                request[0], BulkHeader(.data, blob: blob.id, offset: offset).encoded(),
                data[Int(offset)..<Int(offset) + Wire.chunkSize],
            ])
        }
        dying.close()
        let server = try bench.bulkServer()
        try server.serve(id: blob.id, slices: [.file(bench.path("source"))])
        try await fetching.value
        #expect(try bench.contents("fetched") == data)
        await client.close()
        await server.close()
    }

    @Test func aDeliveryOutlivesItsServer() async throws {
        let bench = try Bench()
        let (blob, data) = try await bench.makeFile("result", size: 3 << 20)
        let dying = try RawPeer(binding: bench, to: bench.bulk)
        let client = try bench.bulkClient()
        let delivering = Task { try await client.deliver(blob, from: bench.path("result")) }
        let offer = try await dying.receive()
        #expect(try BulkHeader(decoding: offer[1]).type == .offer)
        dying.close()
        let server = try bench.bulkServer()
        server.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30)
        try await delivering.value
        #expect(try bench.contents("spooled") == data)
        await client.close()
        await server.close()
    }
}
