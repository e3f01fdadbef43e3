import FarmModel
import FarmProtocol
import Foundation
import Testing

@testable import Messaging

/// Files that somebody uses already, while they are offered again or no longer expected.
@Suite(.timeLimit(.minutes(2)))
struct KeptFileTests {
    /// A worker that did not hear that its result came sends it again, to a server of another life, which has the file in use.
    @Test func whatIsThereAlreadyIsReceivedAtOnceAndLeftAlone() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        let client = try bench.bulkClient()
        let (blob, data) = try await bench.makeFile("result", size: 4 << 20)
        try data.write(to: URL(fileURLWithPath: bench.path("spooled")))
        let inode = try bench.inode("spooled")
        // Given up in mid-air, too.
        for _ in 0..<50 {
            server.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30)
            let peer = try RawPeer(connecting: bench, to: bench.bulk)
            let offer = BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256)
            try await peer.send([offer.encoded()])
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...3)))
            server.unexpect(blob.id)
            peer.close()
        }
        server.expect(id: blob.id, destination: bench.path("spooled"), limit: 1 << 30)
        try await client.deliver(blob, from: bench.path("result"))
        #expect(client.counters.sent.load(ordering: .relaxed) == 0)
        await client.close()
        await server.close()
        #expect(try bench.contents("spooled") == data && bench.inode("spooled") == inode)
        #expect(!bench.exists("spooled.part"))
    }

    /// Its bytes may be known under their name before the server has told that they came.
    @Test func aFileThatIsInUseStaysWhenItIsNoLongerExpected() async throws {
        let bench = try Bench()
        let server = try bench.bulkServer()
        for number in 0..<100 {
            let name = "spooled-\(number)"
            let (blob, data) = try await bench.makeFile("result-\(number)", size: 1000)
            server.expect(id: blob.id, destination: bench.path(name), limit: 1 << 30)
            let peer = try RawPeer(connecting: bench, to: bench.bulk)
            try await peer.send([
                BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()
            ])
            _ = try await peer.receive()
            try await peer.send([BulkHeader(.data, blob: blob.id, offset: 0).encoded(), data])
            while !bench.exists(name) { await Task.yield() }
            server.unexpect(blob.id, keeping: true)
            // Its answer comes after the server's thread has been there.
            let other = try RawPeer(connecting: bench, to: bench.bulk)
            try await other.send([BulkHeader(.get, blob: "none", offset: 0, size: 1).encoded()])
            _ = try await other.receive()
            for gone in [peer, other] { gone.close() }
            #expect(bench.exists(name), "\(number)")
        }
        await server.close()
        for number in 0..<100 { #expect(bench.exists("spooled-\(number)"), "\(number)") }
    }
}
