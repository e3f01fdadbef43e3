import FarmModel
import FarmProtocol
import Foundation
import Synchronization
import Testing

@testable import Messaging

/// Transfers that are cut, by their task, their peer or their process, and go on from there.
@Suite(.timeLimit(.minutes(1)))
struct ResumeTests {
    private static let timing = BulkTiming(retry: .milliseconds(200))

    /// A server of its own hand, that gives so many chunks and returns where the first began.
    private func give(_ count: Int, of data: Data, _ blob: BlobReference, _ server: RawPeer) async throws -> Int64? {
        var first: Int64?
        for _ in 0..<count {
            let request = try await server.receive()
            let get = try BulkHeader(decoding: request[1])
            let offset = try #require(get.offset)
            first = first ?? offset
            try await server.send([
                request[0], BulkHeader(.data, blob: blob.id, offset: offset).encoded(),
                data[Int(offset)..<Int(offset + (get.size ?? 0))],
            ])
        }
        return first
    }

    private func partSize(_ bench: Bench, _ name: String = "fetched.part") -> Int {
        (try? FileManager.default.attributesOfItem(atPath: bench.path(name))[.size] as? Int) ?? 0
    }

    /// A fetch of 10 MiB and a bit, cancelled when 6 MiB were there.
    private func cut(_ bench: Bench) async throws -> (BlobReference, Data) {
        let (blob, data) = try await bench.makeFile("source", size: (10 << 20) + 77)
        let server = try RawPeer(binding: bench, to: bench.bulk)
        let client = try bench.bulkClient(Self.timing)
        let fetching = Task { try await client.fetch(blob, to: bench.path("fetched"), resumable: true) }
        #expect(try await give(6, of: data, blob, server) == 0)
        while partSize(bench) < 6 << 20 { try await Task.sleep(for: .milliseconds(1)) }
        fetching.cancel()
        await #expect(throws: CancellationError.self) { try await fetching.value }
        await client.close()
        server.close()
        #expect(partSize(bench) == 6 << 20)
        return (blob, data)
    }

    @Test func aFetchThatWasCutGoesOnFromThere() async throws {
        let bench = try Bench()
        let (blob, data) = try await cut(bench)
        // Half a chunk more may be there after a kill: it is asked for again.
        let handle = try #require(FileHandle(forWritingAtPath: bench.path("fetched.part")))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(count: 1000))
        try handle.close()
        let server = try bench.bulkServer()
        try server.serve(id: blob.id, slices: [.file(bench.path("source"))])
        let client = try bench.bulkClient()
        let seen = Mutex<[Int64]>([])
        try await client.fetch(blob, to: bench.path("fetched"), resumable: true) { done, size in
            #expect(size == blob.size)
            seen.withLock { $0.append(done) }
        }
        #expect(try bench.contents("fetched") == data)
        #expect(server.counters.sent.load(ordering: .relaxed) == 5)
        let progress = seen.withLock { $0 }
        #expect(progress.first == 6 << 20 && progress.last == blob.size && progress == progress.sorted())
        #expect(!bench.exists("fetched.part") && !bench.exists("fetched.part.of"))
        await client.close()
        await server.close()
    }

    @Test func aDamagedPartIsNoticedAndBegunAnew() async throws {
        let bench = try Bench()
        let (blob, data) = try await cut(bench)
        let handle = try #require(FileHandle(forWritingAtPath: bench.path("fetched.part")))
        try handle.seek(toOffset: 3_000_000)
        try handle.write(contentsOf: Data(count: 100))
        try handle.close()
        let server = try bench.bulkServer()
        try server.serve(id: blob.id, slices: [.file(bench.path("source"))])
        let client = try bench.bulkClient()
        try await client.fetch(blob, to: bench.path("fetched"), resumable: true)
        #expect(try bench.contents("fetched") == data)
        #expect(server.counters.sent.load(ordering: .relaxed) == 5 + 11)
        await client.close()
        await server.close()
    }

    @Test func anotherBlobsPartIsNotGoneOnFrom() async throws {
        let bench = try Bench()
        _ = try await cut(bench)
        let (other, data) = try await bench.makeFile("other", size: (10 << 20) + 77, seed: 5)
        let server = try bench.bulkServer()
        try server.serve(id: other.id, slices: [.file(bench.path("other"))])
        let client = try bench.bulkClient()
        try await client.fetch(other, to: bench.path("fetched"), resumable: true)
        #expect(try bench.contents("fetched") == data)
        #expect(server.counters.sent.load(ordering: .relaxed) == 11)
        await client.close()
        await server.close()
    }

    @Test(arguments: [0, 1, 3 << 20]) func whatIsThereWholeIsNotFetchedAgain(_ size: Int) async throws {
        let bench = try Bench()
        let (blob, data) = try await bench.makeFile("source", size: size)
        let server = try bench.bulkServer()
        try server.serve(id: blob.id, slices: [.file(bench.path("source"))])
        let client = try bench.bulkClient()
        for _ in 0..<2 { try await client.fetch(blob, to: bench.path("fetched"), resumable: true) }
        #expect(try bench.contents("fetched") == data)
        #expect(server.counters.sent.load(ordering: .relaxed) == max(1, size >> 20))
        // Whole, but killed before it got its name.
        rename(bench.path("fetched"), bench.path("fetched.part"))
        try Data("\(blob.sha256) \(blob.size)\n".utf8).write(to: URL(fileURLWithPath: bench.path("fetched.part.of")))
        try await client.fetch(blob, to: bench.path("fetched"), resumable: true)
        #expect(try bench.contents("fetched") == data)
        #expect(server.counters.sent.load(ordering: .relaxed) <= max(2, size >> 20))
        await client.close()
        await server.close()
    }

    @Test func aLieIsStillNoticedAndLeavesNothing() async throws {
        let bench = try Bench()
        let (blob, _) = try await bench.makeFile("source", size: 3 << 20)
        let lie = BlobReference(id: blob.id, size: blob.size, sha256: String(repeating: "0", count: 64))
        let server = try bench.bulkServer()
        try server.serve(id: blob.id, slices: [.file(bench.path("source"))])
        let client = try bench.bulkClient()
        await #expect(throws: MessagingError.damaged(id: blob.id, expected: lie.sha256, found: blob.sha256)) {
            try await client.fetch(lie, to: bench.path("fetched"), resumable: true)
        }
        #expect(!bench.exists("fetched") && !bench.exists("fetched.part") && !bench.exists("fetched.part.of"))
        await client.close()
        await server.close()
    }

    @Test func aDeliveryGoesOnAfterTheServersRestart() async throws {
        let bench = try Bench()
        let (blob, data) = try await bench.makeFile("film", size: 8 << 20)
        let first = try bench.bulkServer()
        first.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30, resumable: true)
        let peer = try RawPeer(connecting: bench, to: bench.bulk)
        try await peer.send([BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()])
        for _ in 0..<5 {
            let offset = try #require(try BulkHeader(decoding: try await peer.receive()[0]).offset)
            try await peer.send([
                BulkHeader(.data, blob: blob.id, offset: offset).encoded(),
                data[Int(offset)..<Int(offset) + Wire.chunkSize],
            ])
        }
        while partSize(bench, "spooled.part") < 5 << 20 { try await Task.sleep(for: .milliseconds(1)) }
        await first.close()
        peer.close()

        let second = try bench.bulkServer()
        second.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30, resumable: true)
        let client = try bench.bulkClient()
        let seen = Mutex<[Int64]>([])
        try await client.deliver(blob, from: bench.path("film")) { done, _ in seen.withLock { $0.append(done) } }
        #expect(client.counters.sent.load(ordering: .relaxed) == 3)
        #expect(seen.withLock { $0 } == [6, 7, 8, 8].map { $0 << 20 })
        #expect(try bench.contents("spooled") == data)
        var events = second.events.makeAsyncIterator()
        #expect(await events.next() == .received(blob))
        await second.close()

        // Received, and the coordinator ended before it could note so: nothing is sent again.
        let third = try bench.bulkServer()
        third.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30, resumable: true)
        try await client.deliver(blob, from: bench.path("film"))
        #expect(client.counters.sent.load(ordering: .relaxed) == 3)
        await client.close()
        await third.close()
    }

    @Test(arguments: [false, true]) func unexpectingKeepsThePartUnlessToldOtherwise(_ isDiscarded: Bool) async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (blob, data) = try await bench.makeFile("film", size: 4 << 20)
        server.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30, resumable: true)
        let peer = try RawPeer(connecting: bench, to: bench.bulk)
        try await peer.send([BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()])
        _ = try await peer.receive()
        try await peer.send([BulkHeader(.data, blob: blob.id, offset: 0).encoded(), data.prefix(Wire.chunkSize)])
        while partSize(bench, "spooled.part") < 1 << 20 { try await Task.sleep(for: .milliseconds(1)) }
        server.unexpect(blob.id, discarding: isDiscarded)
        await server.close()
        #expect(bench.exists("spooled.part") == !isDiscarded)
        #expect(bench.exists("spooled.part.of") == !isDiscarded)
    }

    @Test func whoWaitsForEverOutlastsTheSilence() async throws {
        let bench = try Bench()
        let (blob, data) = try await bench.makeFile("film", size: 3 << 20)
        let client = try bench.bulkClient(BulkTiming(retry: .milliseconds(50), giveUp: .milliseconds(100)))
        let fetching = Task { try await client.fetch(blob, to: bench.path("fetched"), resumable: true) }
        let copy = BlobReference(id: "copy", size: blob.size, sha256: blob.sha256)
        let delivering = Task { try await client.deliver(copy, from: bench.path("film"), patience: .forever) }
        // Others fail meanwhile.
        await #expect(throws: MessagingError.silent(id: "x", attempted: "deliver", seconds: 0.3)) {
            let other = BlobReference(id: "x", size: blob.size, sha256: blob.sha256)
            try await client.deliver(other, from: bench.path("film"), patience: .atMost(.milliseconds(300)))
        }
        let server = try bench.bulkServer()
        server.expect(id: "copy", destination: bench.path("spooled"), limit: 1 << 30)
        try server.serve(id: blob.id, slices: [.file(bench.path("film"))])
        try await fetching.value
        try await delivering.value
        #expect(try bench.contents("fetched") == data && bench.contents("spooled") == data)
        await client.close()
        await server.close()
    }

    /// A disk of 4 MiB, where the system lets this process make one.
    private static let smallDisk: String? = {
        let path = "/tmp/uf-disk-\(getpid())"
        mkdir(path, 0o700)
        guard mount("tmpfs", path, "tmpfs", 0, "size=4m") == 0 else { return nil }
        return path
    }()

    @Test(.enabled(if: smallDisk != nil, "only who may mount can make a disk that is full"))
    func aFullDiskIsToldApartAndThePartStays() async throws {
        let disk = try #require(Self.smallDisk)
        defer {
            umount2(disk, Int32(MNT_DETACH))
            rmdir(disk)
        }
        let bench = try Bench()
        let (blob, data) = try await bench.makeFile("film", size: 8 << 20)
        let server = try bench.bulkServer()
        server.expect(id: blob.id, destination: disk + "/spooled", limit: 1 << 30, resumable: true)
        let client = try bench.bulkClient()
        await #expect(throws: MessagingError.self) { try await client.deliver(blob, from: bench.path("film")) }
        var events = server.events.makeAsyncIterator()
        guard case .noSpace(blob.id, let reason) = await events.next() else {
            Issue.record("not told apart")
            return
        }
        #expect(reason.contains("No space left on device"))
        let part = try #require(try FileManager.default.attributesOfItem(atPath: disk + "/spooled.part")[.size] as? Int)
        #expect(part >= 3 << 20)
        // Room is made: it goes on by itself from there.
        #expect(mount("tmpfs", disk, "tmpfs", UInt(MS_REMOUNT), "size=32m") == 0)
        let sent = client.counters.sent.load(ordering: .relaxed)
        try await client.deliver(blob, from: bench.path("film"))
        #expect(client.counters.sent.load(ordering: .relaxed) - sent <= 5)
        #expect(try Data(contentsOf: URL(fileURLWithPath: disk + "/spooled")) == data)
        await client.close()
        await server.close()
    }
}
