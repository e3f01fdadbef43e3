import FarmProtocol
import Foundation
import Testing

@testable import Messaging

@Suite struct RequestQueuesTests {
    private let greedy = PeerID(Data([1]))
    private let modest = PeerID(Data([2]))

    private func request(_ offset: Int64) throws -> ChunkRequest {
        try #require(ChunkRequest(BulkHeader(.get, blob: "b", offset: offset, size: 1)))
    }

    @Test func peersTakeTurnsWhoeverAskedForMore() throws {
        var queues = RequestQueues<PeerID>(limit: 10)
        var refused = 0
        for offset in 0..<15 where !queues.add(try request(Int64(offset)), from: greedy) { refused += 1 }
        #expect(refused == 5)
        for offset in 0..<2 { #expect(queues.add(try request(Int64(offset)), from: modest)) }
        var served: [(PeerID, Int64)] = []
        while !queues.isEmpty {
            let moved = queues.round { peer, request, _ in
                served.append((peer, request.offset))
                return .served
            }
            #expect(moved)
        }
        #expect(served.prefix(4).map(\.0) == [greedy, modest, greedy, modest])
        #expect(served.count { $0.0 == greedy } == 10)
        #expect(served.filter { $0.0 == greedy }.map(\.1) == Array(0..<10))
    }

    @Test func aBlockedPeerKeepsItsAnswerAndItsPlace() throws {
        var queues = RequestQueues<PeerID>(limit: 10)
        #expect(queues.add(try request(7), from: greedy))
        let frame = try Frame(Data([9]))
        let first = queues.round { _, _, ready in
            #expect(ready == nil)
            return .blocked([frame])
        }
        #expect(!first && !queues.isEmpty)
        let second = queues.round { _, request, ready in
            #expect(request.offset == 7 && ready?.first === frame)
            return .served
        }
        #expect(second && queues.isEmpty)
    }

    @Test func whoHasGoneIsForgotten() throws {
        var queues = RequestQueues<PeerID>(limit: 10)
        for offset in Int64(0)..<5 { #expect(queues.add(try request(offset), from: greedy)) }
        _ = queues.round { _, _, _ in .gone }
        #expect(queues.isEmpty)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct InboxTests {
    @Test func itSaysWhenItIsFullByCountOrByCost() async throws {
        let inbox = Inbox<Int>(try WakeUp(), limit: 3, costLimit: 100)
        for number in 0..<3 {
            #expect(inbox.hasRoom)
            inbox.push(number, cost: 1)
        }
        #expect(!inbox.hasRoom)
        #expect(await inbox.next() == 0)
        #expect(inbox.hasRoom)
        inbox.push(3, cost: 98)
        _ = (await inbox.next(), await inbox.next())
        #expect(inbox.hasRoom)
        inbox.push(4, cost: 2)
        #expect(!inbox.hasRoom)
        _ = await inbox.next()
        #expect(inbox.hasRoom)
    }

    @Test func aConsumerThatCatchesUpWakesTheThread() async throws {
        let wakeUp = try WakeUp()
        let inbox = Inbox<Int>(wakeUp, limit: 4)
        func isAwake() -> Bool {
            var item = pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&item, 1, 0) == 1
        }
        for number in 0..<4 { inbox.push(number) }
        #expect(!inbox.hasRoom)
        _ = await inbox.next()
        #expect(!isAwake())
        _ = await inbox.next()
        #expect(isAwake())
        wakeUp.clear()
        _ = await inbox.next()
        #expect(!isAwake())
    }

    @Test func whatWaitsIsDeliveredBeforeTheEnd() async throws {
        let inbox = Inbox<Int>(try WakeUp())
        for number in 0..<1000 { inbox.push(number) }
        inbox.finish()
        inbox.push(-1)
        var numbers: [Int] = []
        for await number in inbox.stream { numbers.append(number) }
        #expect(numbers == Array(0..<1000))
    }

    @Test func aCancelledConsumerWaitsNoLonger() async throws {
        let inbox = Inbox<Int>(try WakeUp())
        let waiting = Task { await inbox.next() }
        waiting.cancel()
        #expect(await waiting.value == nil)
        inbox.push(5)
        #expect(await inbox.next() == 5)
    }
}
