import FarmModel
import FarmProtocol
import Foundation
import Testing

@testable import Messaging

/// Who may have a blob, and give one.
@Suite(.timeLimit(.minutes(1)))
struct KeyedBulkTests {
    @Test func blobsGoBothWaysSealed() async throws {
        let bench = try KeyedBench()
        let client = try bench.bulkClient(try bench.admit())
        let (blob, data) = try await bench.bench.makeFile("film", size: 5 << 20)
        try bench.bulk.serve(id: blob.id, slices: [.file(bench.bench.path("film"))])
        try await client.fetch(blob, to: bench.bench.path("fetched"))
        #expect(try bench.bench.contents("fetched") == data)
        let result = BlobReference(id: "result", size: blob.size, sha256: blob.sha256)
        bench.bulk.expect(id: result.id, destination: bench.bench.path("spooled"), limit: 1 << 30)
        try await client.deliver(result, from: bench.bench.path("film"))
        #expect(try bench.bench.contents("spooled") == data)
        await client.close()
        await bench.close()
    }

    @Test(arguments: [
        (Role.worker, "box", true), (.worker, "other", false), (.client, "box", false), (.operator, "root", true),
    ])
    func onlyTheAudienceIsServedAndHeard(_ role: Role, _ name: String, _ isIncluded: Bool) async throws {
        let bench = try KeyedBench()
        let client = try bench.bulkClient(try bench.admit(role, name))
        let (blob, _) = try await bench.bench.makeFile("secret", size: 5000)
        let audience = Audience(roles: [.worker], name: "box")
        try bench.bulk.serve(id: blob.id, slices: [.file(bench.bench.path("secret"))], to: audience)
        bench.bulk.expect(id: "result", destination: bench.bench.path("spooled"), limit: 1 << 30, from: audience)
        func outcome(_ work: () async throws -> Void) async -> String {
            do { try await work() } catch { return "\(error)" }
            return "done"
        }
        func fetch(_ id: String) async -> String {
            let blob = BlobReference(id: id, size: blob.size, sha256: blob.sha256)
            return await outcome { try await client.fetch(blob, to: bench.bench.path("fetched")) }
        }
        func deliver(_ id: String) async -> String {
            let blob = BlobReference(id: id, size: blob.size, sha256: blob.sha256)
            return await outcome { try await client.deliver(blob, from: bench.bench.path("secret")) }
        }
        if isIncluded {
            #expect(await fetch("secret") == "done")
            #expect(await deliver("result") == "done")
        } else {
            // Not a word more than about what does not exist.
            #expect(await fetch("secret") == fetch("nobody").replacing("nobody", with: "secret"))
            #expect(await deliver("result") == deliver("nobody").replacing("blob nobody", with: "blob result"))
            #expect(!bench.bench.exists("fetched") && !bench.bench.exists("spooled.part"))
        }
        await client.close()
        await bench.close()
    }

    @Test func aRevokedPeersRequestsAreDropped() async throws {
        let bench = try KeyedBench()
        let key = try bench.admit()
        let peer = try RawPeer(connecting: bench.bench, to: bench.bulk.endpoint, key.security)
        try bench.bulk.serve(id: "blob", slices: [.bytes(Data(count: 100))])
        let get = try BulkHeader(.get, blob: "blob", offset: 0, size: 10).encoded()
        try await peer.send([get])
        #expect(try await peer.receive().count == 2)
        bench.revoke(key)
        let dropped = bench.bulk.counters.dropped.load(ordering: .relaxed)
        for _ in 0..<10 { try await peer.send([get]) }
        while bench.bulk.counters.dropped.load(ordering: .relaxed) < dropped + 10 {
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(bench.bulk.counters.sent.load(ordering: .relaxed) == 1)
        peer.close()
        await bench.close()
    }

    @Test func aRevokedPeersDeliveryEndsAndAnotherGoesOn() async throws {
        let bench = try KeyedBench()
        let key = try bench.admit()
        let (blob, data) = try await bench.bench.makeFile("result", size: 6 << 20)
        bench.bulk.expect(id: blob.id, destination: bench.bench.path("spooled"), limit: 1 << 30)
        let peer = try RawPeer(connecting: bench.bench, to: bench.bulk.endpoint, key.security)
        try await peer.send([BulkHeader(.offer, blob: blob.id, size: blob.size, sha256: blob.sha256).encoded()])
        func give(_ chunk: Int) async throws {
            try await peer.send([
                BulkHeader(.data, blob: blob.id, offset: Int64(chunk * Wire.chunkSize)).encoded(),
                data[chunk * Wire.chunkSize..<(chunk + 1) * Wire.chunkSize],
            ])
        }
        for chunk in 0..<6 {
            _ = try await peer.receive()
            if chunk < 2 { try await give(chunk) }
        }
        let part = bench.bench.path("spooled.part")
        func arrived() throws -> Int {
            try FileManager.default.attributesOfItem(atPath: part)[.size] as? Int ?? 0
        }
        while try arrived() < 2 * Wire.chunkSize { try await Task.sleep(for: .milliseconds(1)) }
        bench.revoke(key)
        for chunk in 2..<6 { try await give(chunk) }
        while bench.bulk.counters.dropped.load(ordering: .relaxed) < 4 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try arrived() == 2 * Wire.chunkSize)
        let client = try bench.bulkClient(try bench.admit(.worker, "other"))
        try await client.deliver(blob, from: bench.bench.path("result"))
        #expect(client.counters.sent.load(ordering: .relaxed) == 4)
        #expect(try bench.bench.contents("spooled") == data)
        await client.close()
        await bench.close()
    }
}
