import FarmModel
import FarmProtocol
import Foundation
import TestSupport
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

    /// Whoever may give files may not give others in their place.
    @Test(arguments: [3 << 20, 4 << 20]) func onlyTheBlobThatWasAnnouncedIsTaken(_ size: Int) async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (film, data) = try await bench.makeFile("film", size: 4 << 20, seed: 1)
        let (other, _) = try await bench.makeFile("other", size: size, seed: 2)
        server.expect(id: "film", destination: bench.path("spooled"), limit: film.size, sha256: film.sha256)
        let client = try bench.bulkClient()
        await #expect(throws: MessagingError.refused(id: "film", reason: "it is not the file that was announced")) {
            let lie = BlobReference(id: "film", size: other.size, sha256: other.sha256)
            try await client.deliver(lie, from: bench.path("other"))
        }
        #expect(!bench.exists("spooled"))
        try await client.deliver(film, from: bench.path("film"))
        #expect(try bench.contents("spooled") == data)
        await client.close()
        await server.close()
    }

    /// A client that went away comes back, and asks the coordinator to expect its film again.
    @Test func theSameTermsAgainLeaveATransferAlone() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (blob, data) = try await bench.makeFile("film", size: 4 << 20)
        func expect() {
            server.expect(
                id: blob.id, destination: bench.path("spooled"), limit: blob.size, sha256: blob.sha256, resumable: true)
        }
        expect()
        let peer = try RawPeer(connecting: bench, to: bench.bulk)
        try await peer.send([BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()])
        for index in 0..<4 {
            let get = try BulkHeader(decoding: try await peer.receive()[0])
            #expect(get.type == .get && get.offset == Int64(index << 20))
            if index == 1 { expect() }
            try await peer.send([
                BulkHeader(.data, blob: blob.id, offset: Int64(index << 20)).encoded(),
                data[index << 20..<(index + 1) << 20],
            ])
        }
        #expect(try BulkHeader(decoding: try await peer.receive()[0]).type == .received)
        await server.close()
    }

    /// A coordinator that hashes what it has of a film says so; a client that only heard nothing would give up.
    @Test func whoOffersAgainHearsThatTheServerIsAtIt() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (blob, _) = try await bench.makeFile("film", size: 4 << 20)
        server.expect(id: blob.id, destination: bench.path("spooled"), limit: blob.size, resumable: true)
        let peer = try RawPeer(connecting: bench, to: bench.bulk)
        let offer = try BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()
        for _ in 0..<2 { try await peer.send([offer]) }
        var sizes: [Int64?] = []
        while !sizes.contains(0) { sizes.append(try BulkHeader(decoding: try await peer.receive()[0]).size) }
        peer.close()
        // The other side: such signs keep a delivery alive, and are not answered.
        await server.close()
        let deaf = try RawPeer(binding: bench, to: bench.bulk)
        let client = try bench.bulkClient(BulkTiming(retry: .milliseconds(200), giveUp: .seconds(5)))
        let delivery = Task { try await client.deliver(blob, from: bench.path("film")) }
        for _ in 0..<40 {
            let offered = try await deaf.receive()
            #expect(try BulkHeader(decoding: offered[1]).type == .offer)
            try await deaf.send([offered[0], BulkHeader(.get, blob: blob.id, offset: 0, size: 0).encoded()])
        }
        await #expect(throws: MessagingError.self) { try await delivery.value }
        await client.close()
    }

    /// A line on which a chunk takes several times as long as is waited for an answer: it carries the film, not questions
    /// and answers about what is on its way.
    @Test(arguments: [true, false]) func aSlowLineCarriesEachByteOnce(_ isUp: Bool) async throws {
        let keyed = try KeyedBench(timing: BulkTiming(retry: .milliseconds(100)))
        let (bench, server) = (keyed.bench, keyed.bulk)
        let relay = try Relay(to: #require(Int("\(server.endpoint)".split(separator: ":").last ?? "")))
        relay.throttle(bytesPerSecond: 4 << 20)
        let client = try BulkClient(
            context: bench.context, endpoint: EndpointAddress("tcp://127.0.0.1:\(relay.port)"),
            security: keyed.admit(.client).security, timing: BulkTiming(retry: .milliseconds(100)), logger: quiet)
        let (blob, data) = try await bench.makeFile("film", size: 24 << 20)
        if isUp {
            server.expect(id: blob.id, destination: bench.path("there"), limit: blob.size)
            try await client.deliver(blob, from: bench.path("film"))
        } else {
            try server.serve(id: blob.id, slices: [.file(bench.path("film"))])
            try await client.fetch(blob, to: bench.path("there"))
        }
        #expect(try bench.contents("there") == data)
        let sent = (isUp ? client.counters : server.counters).sent.load(ordering: .relaxed)
        #expect(sent <= 24 + 8)
        await client.close()
        await keyed.close()
        relay.close()
    }

    /// A box with many devices fetches as much for each.
    @Test func oneConnectionFetchesManyAtOnce() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let client = try bench.bulkClient()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                let (blob, _) = try await bench.makeFile("source\(number)", size: 20 << 20, seed: UInt64(number + 1))
                try server.serve(id: blob.id, slices: [.file(bench.path(blob.id))])
                group.addTask { try await client.fetch(blob, to: bench.path("fetched\(number)")) }
            }
            try await group.waitForAll()
        }
        #expect(server.counters.dropped.load(ordering: .relaxed) == 0)
        #expect(server.counters.sent.load(ordering: .relaxed) == 16 * 20)
        await client.close()
        await server.close()
    }

    /// Uploads that nobody goes on with hold no file open, and are forgotten later; what came of them stays.
    @Test func anIdleUploadIsClosedAndForgotten() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer(
            BulkTiming(retry: .milliseconds(50), idle: .seconds(6), forget: .seconds(7)))
        let (blob, data) = try await bench.makeFile("film", size: 3 << 20)
        func expect() {
            server.expect(id: blob.id, destination: bench.path("spooled"), limit: blob.size, resumable: true)
        }
        func isOpen() throws -> Bool {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").contains {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))
                    == bench.path("spooled.part")
            }
        }
        expect()
        let peer = try RawPeer(connecting: bench, to: bench.bulk)
        try await peer.send([BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()])
        _ = try await peer.receive()
        try await peer.send([BulkHeader(.data, blob: blob.id, offset: 0).encoded(), data.prefix(Wire.chunkSize)])
        while try bench.contents("spooled.part").count < Wire.chunkSize {
            try await Task.sleep(for: .milliseconds(5))
        }
        while try isOpen() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(bench.exists("spooled.part"))
        // Offered again once it is forgotten, it is refused.
        try await Task.sleep(for: .seconds(8))
        let client = try bench.bulkClient()
        await #expect(throws: MessagingError.self) { try await client.deliver(blob, from: bench.path("film")) }
        expect()
        try await client.deliver(blob, from: bench.path("film"))
        #expect(client.counters.sent.load(ordering: .relaxed) <= 4)
        #expect(try bench.contents("spooled") == data)
        await client.close()
        await server.close()
    }
}
