import Testing

@testable import Messaging

@Suite struct TransferWindowTests {
    @Test(arguments: [0, 1, 9, 10, 11, 30, 95])
    func everyByteIsAskedForOnceAndInOrder(_ size: Int64) {
        var window = TransferWindow(size: size, chunkSize: 10, credit: 3)
        var asked: [(offset: Int64, size: Int)] = []
        var end: Int64 = 0
        while !window.isComplete {
            while let chunk = window.next() { asked.append(chunk) }
            #expect((1...3).contains(window.outstanding))
            let chunk = asked.removeFirst()
            #expect(chunk.offset == end)
            end += Int64(chunk.size)
            let isTaken = window.take(offset: chunk.offset, size: chunk.size)
            #expect(isTaken)
            window.settle()
        }
        #expect(end == size)
        #expect(asked.isEmpty)
        let further = window.next()
        #expect(further == nil)
    }

    @Test func whatWasNotAskedForIsNotTaken() {
        var window = TransferWindow(size: 25, chunkSize: 10, credit: 2)
        func take(_ offset: Int64, _ size: Int) -> Bool { window.take(offset: offset, size: size) }
        #expect(!take(0, 10))
        _ = (window.next(), window.next())
        for (offset, size) in [(10, 10), (0, 9), (0, 11), (-10, 10), (20, 5), (.max, 10), (.min, 10)] as [(Int64, Int)]
        {
            #expect(!take(offset, size))
        }
        #expect(take(0, 10))
        #expect(!take(0, 10))
        #expect(window.outstanding == 1)
    }

    @Test func afterALossItGoesOnWhereItWas() throws {
        var window = TransferWindow(size: 25, chunkSize: 10, credit: 2)
        func take(_ offset: Int64, _ size: Int) -> Bool { window.take(offset: offset, size: size) }
        _ = (window.next(), window.next())
        #expect(take(0, 10))
        window.askAgain()
        #expect(window.outstanding == 0)
        #expect(!take(10, 10))
        let next = window.next()
        #expect(try #require(next) == (10, 10))
    }

    @Test func theLargestSizeOverflowsNothing() throws {
        var window = TransferWindow(size: .max, chunkSize: 1 << 20, credit: 2)
        let first = window.next()
        #expect(try #require(first) == (0, 1 << 20))
        #expect(window.chunks == 1 << 43)
    }
}
