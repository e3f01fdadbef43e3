import FarmModel
import FarmProtocol
import Foundation
import Scheduling
import SchedulingSupport
import TestSupport
import Testing

@testable import CoordinatorCore

/// The shell around the scheduler, with real sockets, a real queue and real files.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DispatcherTests {
    @Test func aLeaseBecomesAnAcceptedSegment() async throws {
        let bench = try await DispatcherBench()
        try await bench.make(segments: 2)
        try await bench.takeUp()
        let worker = try bench.worker()
        try await worker.open()
        try await until("two leases") { await worker.leases.count == 2 }
        let lease = try #require(await worker.leases.first)
        try await worker.fetch(lease.task.input, to: bench.folder.path("input"))
        try await worker.deliver(try BenchSegment(lease.task.attempt))
        try await until("accepted") { await worker.accepted == [lease.task.attempt] }
        let index = lease.task.attempt.segment.index
        #expect(try await bench.plan.segments[index].result?.attempt == lease.task.attempt)
        await worker.close()
        await bench.close()
    }

    /// What a worker held over a restart may be finished: it is taken, however long reading the packets takes.
    @Test func whatIsAdoptedIsTakenAtOnce() async throws {
        let bench = try await DispatcherBench()
        try await bench.make(segments: 2)
        try await bench.store.apply([.leased(attempt(0), worker: "box", slot: 0, extraRunUp: 0)])
        try bench.block()
        defer { bench.release() }
        try await bench.takeUp()
        let worker = try bench.worker(holding: [attempt(0)])
        try await worker.open()
        try await worker.deliver(try BenchSegment(attempt(0)))
        try await until("accepted") { await worker.accepted == [attempt(0)] }
        await worker.close()
        await bench.close()
    }

    /// A lease's time begins when its input is cut: a slow disk fails nobody.
    @Test func leasesDoNotLapseWhileTheyAreCut() async throws {
        let bench = try await DispatcherBench { $0.scheduler.leaseLifetime = 2 }
        try await bench.make(segments: 8)
        try bench.block()
        defer { bench.release() }
        try await bench.takeUp()
        let worker = try bench.worker(slots: 4)
        try await worker.open()
        try await until("eight leased") { try await bench.plan.segments.allSatisfy { $0.attempts.count == 1 } }
        try await Task.sleep(for: .seconds(6))
        #expect(try await bench.plan.segments.allSatisfy { $0.attempts.map(\.outcome) == [nil] })
        await worker.close()
        await bench.close()
    }

    /// What is remembered of connections ends with them.
    @Test func ofConnectionsThatEndedNothingIsKept() async throws {
        let bench = try await DispatcherBench()
        for round in 1...3 {
            let worker = try bench.worker()
            try await worker.open()
            if round > 1 { await worker.say(.goodbye) }
            await worker.close()
        }
        let worker = try bench.worker()
        try await worker.open()
        try await until("one connection") { await bench.dispatcher.senders.count == 1 }
        #expect(await bench.dispatcher.arriving.isEmpty)
        await worker.close()
        await bench.close()
    }

    /// Decided and not yet durable, an attempt is nobody's who guesses its number.
    @Test func noResultCountsUncheckedBeforeItsLeaseIsOut() async throws {
        let bench = try await DispatcherBench(isRunning: false)
        try await bench.make(segments: 1)
        try await bench.takeUp()
        let actions = await bench.dispatcher.decide([.workerConnected(WorkerID("00"), hello("box"))])
        #expect(actions.leased == [attempt(0)])
        await bench.dispatcher.check(try BenchSegment(attempt(0)).result, from: WorkerID("00"))
        // What waits in the inbox is what a scheduler would take for checked.
        #expect(await bench.dispatcher.inbox.count == 0)
        await bench.close()
    }

    /// Said in one breath with hello, a result is looked at when its attempt is known to be its worker's.
    @Test func aResultThatCameWithHelloIsCheckedToo() async throws {
        let bench = try await DispatcherBench(isRunning: false)
        try await bench.make(segments: 1)
        try await bench.store.apply([.leased(attempt(0), worker: "box", slot: 0, extraRunUp: 0)])
        try await bench.takeUp()
        let worker = WorkerID("00")
        bench.dispatcher.submit(.workerConnected(worker, hello("box", holding: [attempt(0)])))
        await bench.dispatcher.check(try BenchSegment(attempt(0)).result, from: worker)
        let actions = await bench.dispatcher.decide([])
        #expect(actions.contains(.adopt(worker, slot: 0, attempt(0), extraRunUp: 0)))
        #expect(actions.contains(.stranger(worker)) && !actions.contains(.accept(worker, attempt(0))))
        await bench.close()
    }

    /// Who makes space, with `remove`, must be heard, however much workers have to say meanwhile; and what they said is not lost.
    @Test func peopleAreHeardWhileNothingCanBeWritten() async throws {
        let bench = try await DispatcherBench { $0.reserve = 0 }
        await bench.dispatcher.connect(
            desk: { request, _ in ClientReply(id: request.id, answer: .done("heard")) }, ended: { _, _ in })
        let worker = try bench.worker()
        try await worker.open()
        try await bench.limitStore(pages: 1)
        bench.dispatcher.submit(.workerConnected(WorkerID("00"), bench.longHello("other")))
        try await until("waiting for space") { await bench.dispatcher.isWaitingForSpace }
        // What its connection has no room for at the moment is not sent: so it goes on saying it.
        try await until("more than can wait") {
            for _ in 0..<200 { await worker.say(.draining) }
            return await !bench.dispatcher.passedOver.isEmpty
        }
        #expect(try await bench.ask(.ping) == .done("heard"))
        try await bench.limitStore(pages: 1_000_000)
        try await until("hello again") { await worker.heard.contains(.stranger) }
        try await until("drained") { await worker.heard.contains(.drain) }
        await worker.close()
        await bench.close()
    }

    /// The disk may be full before anything could be noted of it: who asks is told all the same.
    @Test(arguments: [false, true]) func aQueueThatCannotBeWrittenIsWhatItsJobsWaitFor(isPaused: Bool) async throws {
        let bench = try await DispatcherBench { $0.reserve = 0 }
        try await bench.make(segments: 1)
        try await bench.takeUp()
        if isPaused { try await bench.dispatcher.carryOut(.jobPaused(film)) }
        try await bench.limitStore(pages: 1)
        bench.dispatcher.submit(.workerConnected(WorkerID("00"), bench.longHello("other")))
        try await until("waiting for space") { await bench.dispatcher.isWaitingForSpace }
        let status = try #require(await bench.dispatcher.status(of: film))
        #expect(status.snapshot.waits.map(\.code) == (isPaused ? [.paused, .diskFull] : [.diskFull]))
        let listed = try #require(await bench.dispatcher.statuses().first)
        #expect(listed.status.snapshot.waits == status.snapshot.waits)
        try await bench.limitStore(pages: 1_000_000)
        try await until("written again") {
            await bench.dispatcher.status(of: film)?.snapshot.waits.contains { $0.code == .diskFull } == false
        }
        await bench.close()
    }

    /// A disk that hiccups, or a process that is out of descriptors, ends no job.
    @Test func inputThatCannotBeReadForAMomentIsAskedForAgain() async throws {
        let bench = try await DispatcherBench()
        try await bench.make(segments: 1)
        let packets = bench.spool.packets(film)
        try FileManager.default.moveItem(atPath: packets, toPath: packets + ".away")
        // There is no memory at address 0: reading fails with EIO.
        try FileManager.default.createSymbolicLink(atPath: packets, withDestinationPath: "/proc/self/mem")
        try await bench.takeUp()
        let worker = try bench.worker()
        try await worker.open()
        try await until("reading it in vain, and again") { await bench.dispatcher.readTries[attempt(0)] ?? 0 >= 2 }
        #expect(try await bench.plan.state == .running)
        try FileManager.default.removeItem(atPath: packets)
        try FileManager.default.moveItem(atPath: packets + ".away", toPath: packets)
        try await until("the lease") { await worker.leases.count == 1 }
        await worker.close()
        await bench.close()
    }

    /// What a worker is called ends in people's terminals and in the queue.
    @Test(arguments: ["", "a\u{1B}[2Jb", "../x", String(repeating: "a", count: 129)])
    func aWorkerThatCannotBeCalledSoIsTurnedAway(_ name: String) async throws {
        let bench = try await DispatcherBench()
        let worker = try bench.worker(name)
        let opening = Task { try await worker.open() }
        try await until("a refusal") {
            await worker.heard.contains { if case .reject(let why) = $0 { why.contains("called") } else { false } }
        }
        #expect(try await bench.store.workers().isEmpty)
        opening.cancel()
        await worker.close()
        await bench.close()
    }

    /// Two boxes with different encoders deliver the first two segments at the same time: only one of them can be right.
    @Test func resultsThatWaitForTheirCommitAreComparedToo() async throws {
        let bench = try await DispatcherBench(isRunning: false)
        try await bench.make(segments: 2)
        try await bench.takeUp()
        let dispatcher = bench.dispatcher
        for action in await dispatcher.decide([.workerConnected(WorkerID("00"), hello("box"))]) {
            try await dispatcher.perform(action)
        }
        for (index, level) in [(0, "0"), (1, "1")] {
            let segment = try BenchSegment(attempt(index), level: level)
            try segment.bytes.write(to: URL(fileURLWithPath: bench.spool.segment(attempt(index))))
            await dispatcher.take(segment.result.output)
            await dispatcher.check(segment.result, from: WorkerID("00"))
        }
        let events = await dispatcher.inbox.take()?.map(\.event) ?? []
        #expect(
            events.contains { if case .delivered(_, let result) = $0 { result.attempt == attempt(0) } else { false } })
        #expect(events.contains { if case .deliveryRefused(_, attempt(1), _) = $0 { true } else { false } })
        await bench.close()
    }
}

extension Dispatcher {
    /// What the scheduler makes of what waits and of `events`, none of it carried out.
    func decide(_ events: [SchedulerEvent]) async -> [SchedulerAction] {
        let waiting = inbox.count > 0 ? await inbox.take() ?? [] : []
        return scheduler.handle(waiting.map(\.event) + events, at: Monotonic.seconds)
    }
}

@Suite struct ReadQueueTests {
    @Test func onlySoManyAreRead() {
        var queue = ReadQueue<String>(most: 2)
        for index in 0..<4 { queue.add("\(index)", for: attempt(index)) }
        #expect(queue.begin()?.order == "0" && queue.begin()?.order == "1" && queue.begin() == nil)
        #expect(queue.pending.count == 4)
        queue.drop(attempt(0))
        queue.drop(attempt(2))
        #expect(queue.begin() == nil)
        queue.end(attempt(0))
        #expect(queue.begin()?.order == "3" && queue.begin() == nil)
        queue.end(attempt(1))
        queue.end(attempt(3))
        #expect(queue.begin() == nil && queue.pending.isEmpty)
        queue.add("again", for: attempt(1))
        #expect(queue.begin()?.order == "again")
    }
}
