import EngineProtocol
import FarmModel
import Foundation
import Inference
import Synchronization
import TestSupport
import Testing

@testable import EngineCore

@Suite struct PipelineTests {
    /// What a pipeline said of its segments, in the order in which they ended.
    private func run(_ orders: [SegmentOrder], _ parts: PipelineParts) async -> [PipelineEvent] {
        let (events, continuation) = AsyncStream.makeStream(of: PipelineEvent.self)
        let pipeline = Pipeline(parts: parts, depth: 8) { continuation.yield($0) }
        for order in orders { pipeline.submit(order) }
        var ended: [PipelineEvent] = []
        for await event in events {
            if case .progress = event { continue }
            ended.append(event)
            if ended.count == orders.count { break }
        }
        pipeline.close()
        return ended
    }

    private func result(_ event: PipelineEvent) throws -> SegmentResult {
        guard case .finished(let result) = event else { throw Broken(description: "\(event)") }
        return result
    }

    @Test func segmentsComeOutInOrderWithTheirFramesOnly() async throws {
        let written = Mutex<[Int]>([])
        let parts = StandIn.parts(sink: { _ in StandInSink(before: { number in written.withLock { $0.append(number) } })
        })
        let results = try await run((0..<3).map { StandIn.order($0, overlap: 3) }, parts).map(result)
        #expect(results.map(\.attempt.segment.index) == [0, 1, 2])
        #expect(results.map(\.frames) == [8, 8, 8])
        #expect(written.withLock { $0 } == Array(0..<24), "overlap frames are not emitted, and none is missing")
    }

    /// libtorch gives a device's memory back only where the thread's own variables still are.
    @Test func whatAStageHoldsGoesBeforeItsThread() async {
        let (marks, continuation) = AsyncStream.makeStream(of: Bool.self)
        let isLetGo = DispatchSemaphore(value: 0)
        let wait: @Sendable () -> Void = {
            Thread.current.threadDictionary["mark"] = true
            isLetGo.wait()
        }
        start(atEnd: { continuation.yield(Thread.current.threadDictionary["mark"] != nil) }, afterwards: wait)
        isLetGo.signal()
        for await isThere in marks {
            #expect(isThere)
            break
        }
    }

    /// A stage that alone holds what tells of its end.
    private func start(atEnd end: @escaping @Sendable () -> Void, afterwards wait: @escaping @Sendable () -> Void) {
        Pipeline.thread("stage") { [told = Told(atEnd: end)] in
            wait()
            withExtendedLifetime(told) {}
        }
    }

    private final class Told: Sendable {
        private let end: @Sendable () -> Void
        init(atEnd end: @escaping @Sendable () -> Void) { self.end = end }
        deinit { end() }
    }

    @Test func batchesAreFullButTheLastOfASegment() async throws {
        let batches = Mutex<[[Int]]>([])
        let parts = StandIn.parts(upscaler: { order in
            StandInUpscaler(order) { numbers in batches.withLock { $0.append(numbers) } }
        })
        _ = await run([StandIn.order(0, frames: 6), StandIn.order(1, frames: 6)], parts)
        #expect(batches.withLock { $0 } == [[0, 1, 2, 3], [4, 5], [6, 7, 8, 9], [10, 11]])
    }

    /// P9: the next segment is decoded and upscaled while the one before it is still being encoded. The sink of the first
    /// segment ends only after the second segment's first batch: a pipeline that drained between segments would hang.
    @Test(.timeLimit(.minutes(5))) func segmentsOverlap() async throws {
        let secondIsUpscaled = DispatchSemaphore(value: 0)
        let parts = StandIn.parts(
            upscaler: { order in
                StandInUpscaler(order) { numbers in if numbers.first == 8 { secondIsUpscaled.signal() } }
            },
            sink: { order in
                let isFirst = order.task.range.first == 0
                return StandInSink(finished: { if isFirst { secondIsUpscaled.wait() } })
            })
        let results = try await run([StandIn.order(0), StandIn.order(1)], parts).map(result)
        #expect(results.count == 2)
    }

    /// What an upscaler gives at the end goes on while it waits for the rest.
    @Test(.timeLimit(.minutes(5))) func theLastPicturesAreHandedOnAsTheyCome() async throws {
        let written = DispatchSemaphore(value: 0)
        let parts = StandIn.parts(
            upscaler: { _ in LateUpscaler(before: { written.wait() }) },
            sink: { _ in StandInSink(before: { _ in written.signal() }) })
        let results = try await run([StandIn.order(0)], parts).map(result)
        #expect(results.map(\.frames) == [8])
    }

    /// Gives everything at the end, one by one.
    private final class LateUpscaler: PictureUpscaler {
        let output = StandIn.format
        let batch = 4
        private var taken: [Int] = []
        private let before: () -> Void

        init(before: @escaping () -> Void) { self.before = before }

        func take(_ pictures: [any PlanarPicture], numbers: [Int]) -> [Numbered] {
            taken += numbers
            return []
        }

        func finish(_ give: ([Numbered]) throws -> Void) throws {
            for number in taken {
                if number != taken.first { before() }
                try give([(number, PictureBuffer(format: output))])
            }
        }
    }

    /// To open a source takes long: the next one is open when its turn comes, and no third one before.
    @Test(.timeLimit(.minutes(5))) func theNextSourceOpensWhileOneIsDecoded() async throws {
        let opened = Mutex<[Int]>([])
        let secondIsOpen = DispatchSemaphore(value: 0)
        let parts = StandIn.parts(source: { order in
            let first = order.task.range.first
            opened.withLock { $0.append(first) }
            return StandInSource(order.task.context) { number in
                if number == 8 { secondIsOpen.signal() }
                guard number == 4 else { return }
                secondIsOpen.wait()
                Thread.sleep(forTimeInterval: 0.2)
                #expect(opened.withLock { $0 } == [0, 8])
            }
        })
        let results = try await run((0..<3).map { StandIn.order($0) }, parts).map(result)
        #expect(results.map(\.frames) == [8, 8, 8])
        #expect(opened.withLock { $0 } == [0, 8, 16])
    }

    @Test(arguments: ["open", "decode", "inference", "encode"]) func anErrorEndsOneSegmentOnly(stage: String)
        async throws
    {
        let fault = { @Sendable (where: String, number: Int) throws in
            if `where` == stage, number == 10 { throw Broken(description: "frame 10 breaks in \(stage)") }
        }
        let parts = StandIn.parts(
            source: { order in
                if order.task.range.contains(10) { try fault("open", 10) }
                return StandInSource(order.task.context) { try fault("decode", $0) }
            },
            upscaler: { order in StandInUpscaler(order) { for number in $0 { try fault("inference", number) } } },
            sink: { _ in StandInSink(before: { try fault("encode", $0) }) })
        let events = await run((0..<3).map { StandIn.order($0) }, parts)
        guard case .failed(let attempt, let error) = events[1] else { throw Broken(description: "\(events)") }
        #expect(attempt.segment.index == 1)
        #expect("\(error)" == "frame 10 breaks in \(stage)")
        #expect(try result(events[0]).frames == 8)
        #expect(try result(events[2]).frames == 8)
    }

    @Test func missingFramesOfTheRangeAreReported() async throws {
        let parts = StandIn.parts(source: { StandInSource($0.task.context, missing: [6, 9, 10]) })
        let results = try await run([StandIn.order(1, overlap: 2)], parts).map(result)
        #expect(results[0].missing == [9, 10], "frame 6 is overlap")
        #expect(results[0].missingAround == [6])
        #expect(results[0].frames == 6)
    }

    @Test(.timeLimit(.minutes(5))) func aCancelledSegmentEndsAndTheNextRuns() async throws {
        let began = DispatchSemaphore(value: 0)
        let cancelled = DispatchSemaphore(value: 0)
        let (events, continuation) = AsyncStream.makeStream(of: PipelineEvent.self)
        let parts = StandIn.parts(source: { order in
            StandInSource(order.task.context) { number in
                guard number == 2 else { return }
                began.signal()
                cancelled.wait()
            }
        })
        let pipeline = Pipeline(parts: parts, depth: 8) { continuation.yield($0) }
        pipeline.submit(StandIn.order(0))
        pipeline.submit(StandIn.order(1))
        await withCheckedContinuation { done in
            Thread.detachNewThread {
                began.wait()
                done.resume()
            }
        }
        pipeline.cancel(StandIn.order(0).task.attempt)
        cancelled.signal()
        var ended: [PipelineEvent] = []
        for await event in events {
            if case .progress = event { continue }
            ended.append(event)
            if ended.count == 2 { break }
        }
        guard case .failed(_, let error) = ended[0] else { throw Broken(description: "\(ended)") }
        #expect(error is AttemptCancelled)
        #expect(try result(ended[1]).frames == 8)
        pipeline.close()
    }

    @Test func waitingIsMeasured() async throws {
        let parts = StandIn.parts(
            source: { StandInSource($0.task.context) { _ in Thread.sleep(forTimeInterval: 0.01) } })
        let stages = try await run([StandIn.order(0)], parts).map(result)[0].stages
        #expect(stages.decode.busy > 0.05)
        #expect(
            stages.inference.starved > stages.inference.busy, "a slow decoder leaves the device waiting, and it says so"
        )
    }
}
