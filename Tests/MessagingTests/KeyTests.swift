import FarmModel
import FarmProtocol
import Foundation
import Testing

@testable import Messaging

/// Who gets in over TCP, and who does not.
@Suite(.timeLimit(.minutes(1)))
struct KeyTests {
    @Test func whoHasTheRightKeyIsHeardUnderItsName() async throws {
        let bench = try KeyedBench()
        let key = try bench.admit(.client, "ada")
        let client = try bench.controlClient(key)
        var toClient = client.events.makeAsyncIterator()
        #expect(await toClient.next() == .connected)
        client.send(Data("hello".utf8))
        var toServer = bench.control.events.makeAsyncIterator()
        let holder = KeyHolder(role: .client, name: "ada", publicKey: key.publicKey)
        guard case .message(let peer, .holder(holder), Data("hello".utf8)) = await toServer.next() else {
            Issue.record("not heard")
            return
        }
        bench.control.send(Data("welcome".utf8), to: peer)
        #expect(await toClient.next() == .message(Data("welcome".utf8)))
        await client.close()
        await bench.close()
    }

    @Test func theLongestMessagesPassSealedToo() async throws {
        let bench = try KeyedBench()
        let client = try bench.controlClient(try bench.admit())
        var toClient = client.events.makeAsyncIterator()
        #expect(await toClient.next() == .connected)
        let report = Noise(seed: 3).data(1 << 20)
        client.send(report)
        var toServer = bench.control.events.makeAsyncIterator()
        guard case .message(let peer, _, report) = await toServer.next() else {
            Issue.record("not the report")
            return
        }
        let lease = Noise(seed: 4).data(Int(Wire.maximumMessageSize))
        bench.control.send(lease, to: peer)
        #expect(await toClient.next() == .message(lease))
        await client.close()
        await bench.close()
    }

    @Test func anEmptyListAdmitsNobodyAndWhoIsAddedGetsInByItself() async throws {
        let bench = try KeyedBench()
        let key = try bench.makeKey()
        let client = try bench.controlClient(key)
        var toClient = client.events.makeAsyncIterator()
        guard case .denied(let reason, _) = await toClient.next() else {
            Issue.record("not denied")
            return
        }
        #expect(reason.contains("does not admit"))
        bench.list.replace(with: [KeyHolder(role: .worker, name: "box", publicKey: key.publicKey)])
        while let event = await toClient.next(), event != .connected {}
        client.send(Data("hello".utf8))
        var toServer = bench.control.events.makeAsyncIterator()
        guard case .message(_, _, Data("hello".utf8)) = await toServer.next() else {
            Issue.record("not heard")
            return
        }
        await client.close()
        await bench.close()
    }

    @Test func aServerWithAnotherKeyIsNotTalkedTo() async throws {
        let bench = try KeyedBench()
        var key = try bench.admit()
        key.serverKey = try CurveKeyPair.generate().publicKey
        let client = try bench.controlClient(key)
        var toClient = client.events.makeAsyncIterator()
        for _ in 0..<3 {
            guard case .denied(let reason, _) = await toClient.next() else {
                Issue.record("not denied")
                return
            }
            #expect(reason.contains("another server key"))
        }
        await client.close()
        await bench.close()
    }

    /// NULL and PLAIN, which libzmq speaks by default, and a stranger's own pair.
    @Test func whoHasNoKeyIsNeverHeard() async throws {
        let bench = try KeyedBench()
        _ = try bench.admit()
        let strangers = try [bench.control.endpoint, bench.bulk.endpoint].flatMap { endpoint in
            try [
                RawPeer(bench.bench, bareTo: endpoint),
                RawPeer(bench.bench, bareTo: endpoint, user: "operator"),
                RawPeer(connecting: bench.bench, to: endpoint, bench.makeKey(.operator).security),
            ]
        }
        let client = try bench.controlClient(try bench.admit(.client, "real"))
        for await event in client.events where event == .connected { break }
        for stranger in strangers { #expect(try stranger.trySending([Data("let me in".utf8)]) != .sent) }
        client.send(Data("first".utf8))
        var toServer = bench.control.events.makeAsyncIterator()
        guard case .message(_, _, Data("first".utf8)) = await toServer.next() else {
            Issue.record("somebody else was heard")
            return
        }
        #expect(bench.bulk.counters.dropped.load(ordering: .relaxed) == 0)
        await client.close()
        await bench.close()
    }

    @Test func keysAreForTheirOwnEndOnly() throws {
        let bench = try KeyedBench()
        let endpoint = try EndpointAddress("tcp://127.0.0.1:*")
        let server = EndpointSecurity.server(own: bench.pair, admits: bench.list)
        let context = bench.bench.context
        #expect(throws: MessagingError.self) {
            try ControlServer(context: context, endpoint: endpoint, security: try bench.makeKey().security)
        }
        #expect(throws: MessagingError.self) {
            try ControlClient(context: context, endpoint: bench.control.endpoint, security: server)
        }
        #expect(throws: MessagingError.self) {
            try ControlClient(context: context, endpoint: endpoint, security: try bench.makeKey().security)
        }
    }

    @Test func aRevokedKeyIsSilencedAtOnceAlthoughItsConnectionStands() async throws {
        let bench = try KeyedBench()
        let key = try bench.admit()
        let other = try bench.admit(.worker, "other")
        let client = try bench.controlClient(key)
        let witness = try bench.controlClient(other)
        var toServer = bench.control.events.makeAsyncIterator()
        var peers: [PeerID] = []
        for client in [client, witness] {
            for await event in client.events where event == .connected { break }
            client.send(Data("hello".utf8))
            guard case .message(let peer, _, _) = await toServer.next() else { return }
            peers.append(peer)
        }
        // It says nothing more by itself.
        bench.revoke(key)
        #expect(await toServer.next() == .revoked(peers[0]))
        for number in 0..<100 { client.send(Data("\(number)".utf8)) }
        bench.control.send(Data("a lease".utf8), to: peers[0])
        #expect(await toServer.next() == .unreachable(peers[0]))
        // Told once, whatever else changes.
        bench.revoke(try bench.makeKey(.worker, "unknown"))
        witness.send(Data("still here".utf8))
        guard case .message(peers[1], _, Data("still here".utf8)) = await toServer.next() else {
            Issue.record("the revoked one was heard")
            return
        }
        await client.close()
        // What was sent to it before it left would have come.
        var heard = false
        for await event in client.events { if case .message = event { heard = true } }
        #expect(!heard)
        await witness.close()
        await bench.close()
    }

    @Test func aRoleThatChangesCountsFromTheNextMessage() async throws {
        let bench = try KeyedBench()
        let key = try bench.admit(.worker, "box")
        let client = try bench.controlClient(key)
        for await event in client.events where event == .connected { break }
        var toServer = bench.control.events.makeAsyncIterator()
        for role in [Role.worker, .operator] {
            bench.list.replace(with: [KeyHolder(role: role, name: "box", publicKey: key.publicKey)])
            client.send(Data("hello".utf8))
            guard case .message(_, let sender, _) = await toServer.next() else { return }
            #expect(sender.may(.client) == (role == .operator) && sender.may(.worker))
        }
        await client.close()
        await bench.close()
    }
}
