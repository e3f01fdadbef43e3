import FarmProtocol
import Foundation
import Messaging
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ControlTests {
    @Test func messagesGoBothWaysBetweenSeveralClientsAndTheServer() async throws {
        let bench = try Bench()
        let server = try ControlServer(context: bench.context, endpoint: bench.control)
        let clients = try (0..<4).map { _ in try ControlClient(context: bench.context, endpoint: bench.control) }
        let answering = Task {
            var peers: Set<PeerID> = []
            for await event in server.events {
                guard case .message(let peer, .local, let data) = event else { continue }
                peers.insert(peer)
                server.send(data + Data("!".utf8), to: peer)
            }
            return peers.count
        }
        try await withThrowingTaskGroup { group in
            for (index, client) in clients.enumerated() {
                group.addTask {
                    var events = client.events.makeAsyncIterator()
                    #expect(await events.next() == .connected)
                    for round in 0..<50 {
                        client.send(Data("\(index) \(round)".utf8))
                        #expect(await events.next() == .message(Data("\(index) \(round)!".utf8)))
                    }
                }
            }
            try await group.waitForAll()
        }
        for client in clients { await client.close() }
        await server.close()
        #expect(await answering.value == clients.count)
    }

    @Test func largeMessagesArriveWholeAndTooLargeOnesAreGivenBack() async throws {
        let bench = try Bench()
        let server = try ControlServer(context: bench.context, endpoint: bench.control, logger: quiet)
        let client = try ControlClient(context: bench.context, endpoint: bench.control, logger: quiet)
        var toClient = client.events.makeAsyncIterator()
        var toServer = server.events.makeAsyncIterator()
        #expect(await toClient.next() == .connected)
        let report = Noise(seed: 3).data(1 << 20)
        client.send(report)
        guard case .message(let peer, .local, report) = await toServer.next() else {
            Issue.record("not the report")
            return
        }
        let lease = Noise(seed: 4).data(Int(Wire.maximumMessageSize))
        server.send(lease, to: peer)
        #expect(await toClient.next() == .message(lease))

        let tooLarge = report + [0]
        client.send(tooLarge)
        #expect(await toClient.next() == .undelivered(tooLarge))
        server.send(lease + [0], to: peer)
        #expect(await toServer.next() == .unreachable(peer))
        await client.close()
        await server.close()
    }

    @Test func aPeerThatNeverWasIsUnreachable() async throws {
        let bench = try Bench()
        let server = try ControlServer(context: bench.context, endpoint: bench.control)
        let stranger = PeerID(Data([0, 1, 2, 3, 4]))
        server.send(Data("anyone?".utf8), to: stranger)
        var events = server.events.makeAsyncIterator()
        #expect(await events.next() == .unreachable(stranger))
        await server.close()
    }

    @Test func aVanishedPeerBecomesUnreachable() async throws {
        let bench = try Bench()
        let server = try ControlServer(context: bench.context, endpoint: bench.control)
        let client = try ControlClient(context: bench.context, endpoint: bench.control)
        var toClient = client.events.makeAsyncIterator()
        #expect(await toClient.next() == .connected)
        client.send(Data("hello".utf8))
        var toServer = server.events.makeAsyncIterator()
        guard case .message(let peer, .local, _) = await toServer.next() else {
            Issue.record("no message")
            return
        }
        await client.close()
        // The server's end notices a moment later; until then messages go into the void.
        let trying = Task {
            while !Task.isCancelled {
                server.send(Data("still there?".utf8), to: peer)
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        #expect(await toServer.next() == .unreachable(peer))
        trying.cancel()
        await trying.value
        await server.close()
    }

    @Test func aClientReconnectsToARestartedServerAsSomebodyNew() async throws {
        let bench = try Bench()
        let client = try ControlClient(context: bench.context, endpoint: bench.control)
        var toClient = client.events.makeAsyncIterator()
        for _ in 0..<3 {
            let server = try ControlServer(context: bench.context, endpoint: bench.control)
            #expect(await toClient.next() == .connected)
            client.send(Data("hello".utf8))
            var toServer = server.events.makeAsyncIterator()
            guard case .message(let peer, .local, Data("hello".utf8)) = await toServer.next() else {
                Issue.record("no hello")
                return
            }
            server.send(Data("welcome".utf8), to: peer)
            #expect(await toClient.next() == .message(Data("welcome".utf8)))
            await server.close()
            #expect(await toClient.next() == .disconnected)
            let late = Data("nobody hears this".utf8)
            client.send(late)
            #expect(await toClient.next() == .undelivered(late))
        }
        await client.close()
        #expect(await toClient.next() == nil)
    }

    @Test func aFloodFillsTheConnectionAndNotTheServer() async throws {
        let bench = try Bench()
        let server = try ControlServer(context: bench.context, endpoint: bench.control)
        let client = try ControlClient(context: bench.context, endpoint: bench.control)
        var toClient = client.events.makeAsyncIterator()
        #expect(await toClient.next() == .connected)
        // More than all queues hold together: the rest comes back as undelivered while nobody reads.
        let flood = 4000
        for number in 0..<flood { client.send(Data("\(number) ".utf8) + Data(count: 16 << 10)) }
        guard case .undelivered(let first) = await toClient.next() else {
            Issue.record("the flood went somewhere")
            return
        }
        let refusedFrom = try #require(number(first))
        var toServer = server.events.makeAsyncIterator()
        for expected in 0..<refusedFrom {
            guard case .message(_, _, let data) = await toServer.next() else { break }
            #expect(number(data) == expected)
        }
        await client.close()
        await server.close()
    }

    private func number(_ data: Data) -> Int? {
        Int(String(decoding: data.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self))
    }

    @Test func whatWasSentBeforeTheEndStillArrives() async throws {
        let bench = try Bench()
        let server = try ControlServer(context: bench.context, endpoint: bench.control)
        let context = try MessagingContext()
        let client = try ControlClient(context: context, endpoint: bench.control)
        var toClient = client.events.makeAsyncIterator()
        #expect(await toClient.next() == .connected)
        client.send(Data("goodbye".utf8))
        await client.close()
        await context.shutDown()
        var toServer = server.events.makeAsyncIterator()
        guard case .message(_, _, Data("goodbye".utf8)) = await toServer.next() else {
            Issue.record("no goodbye")
            return
        }
        #expect(throws: MessagingError.closed) { try ControlClient(context: context, endpoint: bench.control) }
        await server.close()
    }

    @Test func shuttingTheContextDownEndsOpenEndpoints() async throws {
        let bench = try Bench()
        let server = try ControlServer(context: bench.context, endpoint: bench.control)
        await bench.context.shutDown()
        var events = server.events.makeAsyncIterator()
        #expect(await events.next() == nil)
        await server.close()
    }
}
