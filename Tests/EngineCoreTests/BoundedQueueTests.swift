import Foundation
import Testing

@testable import EngineCore

@Suite struct BoundedQueueTests {
    @Test(.timeLimit(.minutes(5))) func holdsTheWriterBack() async {
        let queue = BoundedQueue<Int>(capacity: 2)
        Thread.detachNewThread {
            for number in 0..<50 { _ = queue.push(number) }
            queue.close()
        }
        var taken: [Int] = []
        while let number = queue.pop().element { taken.append(number) }
        #expect(taken == Array(0..<50))
    }

    @Test(.timeLimit(.minutes(5))) func closingFreesAWriterThatWaits() async {
        let queue = BoundedQueue<Int>(capacity: 1)
        _ = queue.push(1)
        let freed = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            _ = queue.push(2)
            freed.signal()
        }
        queue.close()
        await withCheckedContinuation { done in
            Thread.detachNewThread {
                freed.wait()
                done.resume()
            }
        }
        #expect(queue.pop().element == 1)
        #expect(queue.pop().element == nil)
    }

    @Test(.timeLimit(.minutes(5))) func roomIsAwaitedWithoutAnElement() async {
        let queue = BoundedQueue<Int>(capacity: 1)
        queue.awaitRoom()
        _ = queue.push(1)
        let hasRoom = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            queue.awaitRoom()
            hasRoom.signal()
            queue.awaitRoom()
            queue.close()
            queue.awaitRoom()
        }
        #expect(hasRoom.wait(timeout: .now() + 0.2) == .timedOut)
        #expect(queue.pop().element == 1)
        #expect(queue.pop().element == nil)
    }

    @Test func smallElementsHaveMoreRoom() {
        let queue = BoundedQueue<Int>(capacity: 1, spare: .init(most: 3, limit: 10, weigh: { $0 }))
        for element in [1, 2, 3] {
            #expect(!queue.isFull)
            _ = queue.push(element)
        }
        #expect(queue.isFull, "three at most, though they weigh 6")
        for element in [1, 2, 3] { #expect(queue.pop().element == element) }
        _ = queue.push(10)
        #expect(queue.isFull, "one is taken in any case, and weighs enough")
        #expect(queue.pop().element == 10)
        #expect(!queue.isFull)
    }
}
