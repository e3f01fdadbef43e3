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

    @Test(.timeLimit(.minutes(5))) func smallElementsHaveMoreRoom() async {
        let queue = BoundedQueue<Int>(capacity: 1, spare: .init(most: 3, limit: 10, weigh: { $0 }))
        #expect(queue.push(1) == 0)
        #expect(queue.push(2) == 0)
        #expect(queue.push(3) == 0, "three at most, and they weigh 6")
        await expectWaiting(queue, 0, taking: 1)
        #expect([queue.pop().element, queue.pop().element, queue.pop().element] == [2, 3, 0])
        #expect(queue.push(10) == 0, "one is taken in any case")
        await expectWaiting(queue, 4, taking: 10)
        #expect(queue.pop().element == 4)
    }

    /// Pushes `element`, which has to wait until the oldest is taken.
    private func expectWaiting(_ queue: BoundedQueue<Int>, _ element: Int, taking oldest: Int) async {
        let waited = await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: queue.push(element)) }
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 0.2)
                #expect(queue.pop().element == oldest)
            }
        }
        #expect(waited > 0)
    }
}
