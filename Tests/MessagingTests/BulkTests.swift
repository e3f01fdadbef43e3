import FarmModel
import FarmProtocol
import Foundation
import Testing

@testable import Messaging

@Suite(.timeLimit(.minutes(2)))
struct BulkTests {
    static let sizes = [0, 1, Wire.chunkSize - 1, Wire.chunkSize, Wire.chunkSize + 1, 40 << 20]

    @Test(arguments: sizes)
    func aFetchedBlobIsTheServedOne(_ size: Int) async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let client = try bench.bulkClient()
        let (blob, data) = try await bench.makeFile("source", size: size)
        try server.serve(id: blob.id, slices: [.file(bench.path("source"))])
        try await client.fetch(blob, to: bench.path("fetched"))
        #expect(try bench.contents("fetched") == data)
        #expect(!bench.exists("fetched.part"))
        let peak = client.counters.peakOutstanding.load(ordering: .relaxed)
        #expect(peak == min(max(1, (size + Wire.chunkSize - 1) / Wire.chunkSize), Wire.creditWindow))
        await client.close()
        await server.close()
    }

    @Test(arguments: sizes)
    func aDeliveredBlobIsTheOfferedOne(_ size: Int) async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let client = try bench.bulkClient()
        let (blob, data) = try await bench.makeFile("result", size: size)
        server.expect(id: blob.id, destination: bench.path("spooled"), limit: Int64(size))
        try await client.deliver(blob, from: bench.path("result"))
        #expect(try bench.contents("spooled") == data)
        #expect(!bench.exists("spooled.part"))
        var events = server.events.makeAsyncIterator()
        #expect(await events.next() == .received(blob))
        let peak = server.counters.peakOutstanding.load(ordering: .relaxed)
        #expect(peak == min(max(1, (size + Wire.chunkSize - 1) / Wire.chunkSize), Wire.creditWindow))
        // The receipt may get lost: whoever offers again gets another.
        try await client.deliver(blob, from: bench.path("result"))
        await client.close()
        await server.close()
    }

    @Test func whatIsHeldBackIsTakenLater() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let client = try bench.bulkClient()
        let (blob, data) = try await bench.makeFile("result", size: 3 << 20)
        server.expect(id: blob.id, destination: bench.path("spooled"), limit: blob.size)
        server.hold("the disk is full")
        await #expect(throws: MessagingError.held(id: blob.id, reason: "the disk is full")) {
            try await client.deliver(blob, from: bench.path("result"))
        }
        server.hold(nil)
        try await client.deliver(blob, from: bench.path("result"))
        #expect(try bench.contents("spooled") == data)
        // What is there already is no new file.
        server.hold("the disk is full")
        try await client.deliver(blob, from: bench.path("result"))
        await client.close()
        await server.close()
    }

    /// A blob is announced as soon as `serve` and `expect` have returned, however busy the channel's thread is.
    @Test func whatWasAnnouncedIsKnownAtOnce() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let (client, other) = (try bench.bulkClient(), try bench.bulkClient())
        let (film, _) = try await bench.makeFile("film", size: 16 << 20)
        let (small, data) = try await bench.makeFile("small", size: 100)
        try server.serve(id: film.id, slices: [.file(bench.path("film"))])
        let hearing = Task { for await _ in server.events {} }
        let busy = Task {
            while !Task.isCancelled {
                try await other.fetch(film, to: bench.path("copy"))
                unlink(bench.path("copy"))  // what is there already is not fetched
            }
        }
        for number in 0..<500 {
            let blob = BlobReference(id: "blob-\(number)", size: small.size, sha256: small.sha256)
            server.expect(id: blob.id, destination: bench.path("taken"), limit: 100)
            try await client.deliver(blob, from: bench.path("small"))
            server.unexpect(blob.id)
            try server.serve(id: blob.id, slices: [.bytes(data)])
            try await client.fetch(blob, to: bench.path("fetched"))
            server.withdraw(blob.id)
        }
        busy.cancel()
        _ = try? await busy.value
        for client in [client, other] { await client.close() }
        await server.close()
        await hearing.value
    }

    @Test func slicesOfFilesAndMemoryMakeOneBlob() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let client = try bench.bulkClient()
        let (_, one) = try await bench.makeFile("one", size: 3 << 20, seed: 1)
        let (_, two) = try await bench.makeFile("two", size: 2 << 20, seed: 2)
        let slices: [BlobSlice] = [
            .bytes(Data("header".utf8)), .bytes(Data()),
            .file(path: bench.path("one"), offset: 1000, length: 2_500_000),
            .file(path: bench.path("two"), offset: 2 << 20, length: 0),
            .file(path: bench.path("two"), offset: 7, length: 1),
            .file(path: bench.path("one"), offset: 0, length: 1_234_567), .bytes(Data([1, 2, 3])), .bytes(Data()),
        ]
        let parts = [Data("header".utf8), one[1000..<2_501_000], two[7..<8], one[0..<1_234_567], Data([1, 2, 3])]
        let expected = parts.reduce(into: Data()) { $0.append($1) }
        let blob = try await BlobReference.describing(id: "pieces", slices: slices)
        #expect(blob.size == Int64(expected.count))
        try server.serve(id: blob.id, slices: slices)
        try await client.fetch(blob, to: bench.path("fetched"))
        #expect(try bench.contents("fetched") == expected)
        await client.close()
        await server.close()
    }

    @Test func slicesThatCannotBeAreRefused() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let path = bench.path("x")
        for slices: [BlobSlice] in [
            [.file(path: path, offset: -1, length: 5)], [.file(path: path, offset: 0, length: -5)],
            [.file(path: path, offset: .max, length: 5)],
            [.file(path: path, offset: 0, length: .max), .file(path: path, offset: 0, length: 1)],
        ] {
            #expect(throws: MessagingError.self) { try server.serve(id: "x", slices: slices) }
        }
        await server.close()
    }

    @Test func severalClientsFetchAndDeliverAtOnce() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let clients = try (0..<3).map { _ in try bench.bulkClient() }
        try await withThrowingTaskGroup { group in
            for (index, client) in clients.enumerated() {
                for part in 0..<2 {
                    let number = index * 2 + part
                    let size = (3 << 20) + number * 700_001
                    let (input, inputData) = try await bench.makeFile(
                        "in\(number)", size: size, seed: UInt64(number + 1))
                    let (output, outputData) = try await bench.makeFile(
                        "out\(number)", size: size + 17, seed: UInt64(number + 100))
                    try server.serve(id: input.id, slices: [.file(bench.path(input.id))])
                    server.expect(id: output.id, destination: bench.path("spool\(number)"), limit: 1 << 30)
                    group.addTask {
                        try await client.fetch(input, to: bench.path("fetched\(number)"))
                        #expect(try bench.contents("fetched\(number)") == inputData)
                    }
                    group.addTask {
                        try await client.deliver(output, from: bench.path(output.id))
                        #expect(try bench.contents("spool\(number)") == outputData)
                    }
                }
            }
            try await group.waitForAll()
        }
        for client in clients { await client.close() }
        await server.close()
    }

    @Test func aDamagedDeliveryIsRefusedWithTheReasonAndARightOneStillTaken() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let client = try bench.bulkClient()
        let (blob, data) = try await bench.makeFile("result", size: 2 << 20)
        let (other, _) = try await bench.makeFile("other", size: 2 << 20, seed: 9)
        server.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30)
        let lie = BlobReference(id: blob.id, size: blob.size, sha256: other.sha256)
        let error = try await #require(throws: MessagingError.self) {
            try await client.deliver(lie, from: bench.path("result"))
        }
        #expect("\(error)".contains("arrived damaged") && "\(error)".contains(blob.sha256))
        var events = server.events.makeAsyncIterator()
        guard case .refused(blob.id, let reason) = await events.next() else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("arrived damaged"))
        #expect(!bench.exists("spooled") && !bench.exists("spooled.part"))

        try await client.deliver(blob, from: bench.path("result"))
        #expect(try bench.contents("spooled") == data)
        // Once it is whole, nothing else takes its place.
        await #expect(throws: MessagingError.self) { try await client.deliver(lie, from: bench.path("result")) }
        #expect(try bench.contents("spooled") == data)
        await client.close()
        await server.close()
    }

    @Test func aDamagedFetchLeavesNoFile() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let client = try bench.bulkClient()
        let (blob, _) = try await bench.makeFile("source", size: 100_000)
        try server.serve(id: blob.id, slices: [.file(bench.path("source"))])
        let lie = BlobReference(id: blob.id, size: blob.size, sha256: String(repeating: "0", count: 64))
        await #expect(
            throws: MessagingError.damaged(id: blob.id, expected: lie.sha256, found: blob.sha256)
        ) { try await client.fetch(lie, to: bench.path("fetched")) }
        #expect(!bench.exists("fetched") && !bench.exists("fetched.part"))
        await client.close()
        await server.close()
    }

    @Test func whatIsUnknownTooLargeOrGoneIsRefused() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let client = try bench.bulkClient()
        let (blob, _) = try await bench.makeFile("file", size: 5000)
        func reason(_ attempt: () async throws -> Void) async throws -> String {
            let error = try await #require(throws: MessagingError.self) { try await attempt() }
            return "\(error)"
        }
        let target = bench.path("target")
        #expect(try await reason { try await client.fetch(blob, to: target) }.contains("no such blob"))
        #expect(
            try await reason { try await client.deliver(blob, from: bench.path("file")) }.contains("nobody expects"))

        server.expect(id: blob.id, destination: target, limit: 4999)
        #expect(try await reason { try await client.deliver(blob, from: bench.path("file")) }.contains("4999 allowed"))
        server.expect(id: blob.id, destination: bench.path("no/such/folder"), limit: 5000)
        #expect(try await reason { try await client.deliver(blob, from: bench.path("file")) }.contains("No such file"))
        server.unexpect(blob.id)
        #expect(
            try await reason { try await client.deliver(blob, from: bench.path("file")) }.contains("nobody expects"))

        try server.serve(id: blob.id, slices: [.file(path: bench.path("file"), offset: 1, length: 5000)])
        #expect(try await reason { try await client.fetch(blob, to: target) }.contains("shorter"))
        try server.serve(id: blob.id, slices: [.file(path: bench.path("missing"), offset: 0, length: 5000)])
        #expect(try await reason { try await client.fetch(blob, to: target) }.contains("No such file"))
        try server.serve(id: blob.id, slices: [.bytes(Data(count: 10))])
        #expect(try await reason { try await client.fetch(blob, to: target) }.contains("no such chunk"))
        server.withdraw(blob.id)
        #expect(try await reason { try await client.fetch(blob, to: target) }.contains("no such blob"))
        #expect(!bench.exists("target") && !bench.exists("target.part"))
        await client.close()
        await server.close()
    }

    @Test func whatTheClientCannotDoFailsAtOnce() async throws {
        let bench = try Bench()
        let client = try bench.bulkClient()
        let (blob, _) = try await bench.makeFile("file", size: 5000)
        await #expect(throws: MessagingError.self) { try await client.fetch(blob, to: bench.path("no/folder")) }
        await #expect(throws: MessagingError.self) { try await client.deliver(blob, from: bench.path("missing")) }
        let longer = BlobReference(id: blob.id, size: 5001, sha256: blob.sha256)
        await #expect(throws: MessagingError.self) { try await client.deliver(longer, from: bench.path("file")) }
        let negative = BlobReference(id: blob.id, size: -1, sha256: blob.sha256)
        await #expect(throws: MessagingError.self) { try await client.fetch(negative, to: bench.path("x")) }
        await client.close()
        await #expect(throws: MessagingError.closed) { try await client.fetch(blob, to: bench.path("x")) }
    }

    @Test func silenceEndsATransferWithItsReason() async throws {
        let bench = try Bench()
        let client = try bench.bulkClient(BulkTiming(retry: .milliseconds(50), giveUp: .milliseconds(300)))
        let (blob, _) = try await bench.makeFile("file", size: 5000)
        await #expect(throws: MessagingError.silent(id: blob.id, attempted: "fetch", seconds: 0.3)) {
            try await client.fetch(blob, to: bench.path("fetched"))
        }
        await #expect(throws: MessagingError.silent(id: blob.id, attempted: "deliver", seconds: 0.3)) {
            try await client.deliver(blob, from: bench.path("file"))
        }
        #expect(!bench.exists("fetched.part"))
        await client.close()
    }

    @Test func aCancelledTaskGivesItsTransferUp() async throws {
        let bench = try Bench()
        let mute = try RawPeer(binding: bench, to: bench.bulk)
        let client = try bench.bulkClient()
        let (blob, _) = try await bench.makeFile("file", size: 5000)
        let fetching = Task { try await client.fetch(blob, to: bench.path("fetched")) }
        let delivering = Task { try await client.deliver(blob, from: bench.path("file")) }
        _ = try await (mute.receive(), mute.receive())
        #expect(bench.exists("fetched.part"))
        fetching.cancel()
        delivering.cancel()
        await #expect(throws: CancellationError.self) { try await fetching.value }
        await #expect(throws: CancellationError.self) { try await delivering.value }
        #expect(!bench.exists("fetched.part"))
        let never = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await client.fetch(blob, to: bench.path("fetched"))
        }
        await #expect(throws: CancellationError.self) { try await never.value }
        await client.close()
    }
}
