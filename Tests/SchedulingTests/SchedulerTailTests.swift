import FarmModel
import FarmProtocol
import Scheduling
import SchedulingSupport
import Testing

/// The end of a job among uneven workers, and workers that fail what others can do.
@Suite struct SchedulerTailTests {
    /// Two workers have shown their paces: alpha takes 1 s for a segment, slow 10 s; then each has what is left.
    private func uneven(segments: Int) -> Story {
        var story = Story()
        story.when(.jobAdded(plan(segments: segments)))
        story.connect("alpha")
        story.connect("slow")
        return story
    }

    @Test func anIdleSlotTakesWhatAnotherHoldsForLater() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 2)))
        let actions = story.connect("beta")
        #expect(actions.contains(.cancel(WorkerID("alpha"), attempt(1))))
        #expect(actions.contains(.ended(attempt(1), .withdrawn(reason: "another slot was idle"))))
        #expect(actions.leases == [.init(worker: "beta", slot: 0, attempt: attempt(1, 2), extraRunUp: 0)])
    }

    @Test func theSegmentThatWillEndLastIsTriedASecondTimeAndTheFirstResultCounts() {
        var story = uneven(segments: 4)
        story.now = 1
        story.deliver(attempt(0), from: "alpha")  // 1 s a segment
        story.when(.heartbeat(WorkerID("slow"), beat([attempt(2)], frames: 1)))  // 10 s
        story.now = 2
        let tail = story.deliver(attempt(1), from: "alpha")
        #expect(tail.leases == [.init(worker: "alpha", slot: 0, attempt: attempt(3, 2), extraRunUp: 0)])
        story.now = 3
        let pair = story.deliver(attempt(3, 2), from: "alpha")
        #expect(pair.leases == [.init(worker: "alpha", slot: 0, attempt: attempt(2, 2), extraRunUp: 0)])
        #expect(story.job?.underWay.map(\.isPaired) == [true, true])
        story.now = 4
        let won = story.deliver(attempt(2, 2), from: "alpha")
        #expect(won.contains(.cancel(WorkerID("slow"), attempt(2))))
        #expect(won.contains(.ended(attempt(2), .withdrawn(reason: "another attempt was accepted"))))
        #expect(won.contains(.jobReady(film)))
        #expect(story.deliver(attempt(2), from: "slow").refusals.count == 1)
    }

    @Test func theSlowerOneMayWinToo() {
        var story = uneven(segments: 4)
        story.now = 1
        story.deliver(attempt(0), from: "alpha")
        story.when(.heartbeat(WorkerID("slow"), beat([attempt(2)], frames: 1)))
        story.deliver(attempt(1), from: "alpha")
        story.deliver(attempt(3, 2), from: "alpha")
        #expect(story.job?.underWay.count == 2)
        let won = story.deliver(attempt(2), from: "slow")
        #expect(won.contains(.cancel(WorkerID("alpha"), attempt(2, 2))))
        #expect(won.contains(.jobReady(film)))
    }

    @Test func nobodyTriesWhatItWouldNotEndSooner() {
        var story = uneven(segments: 3)
        story.now = 10
        story.deliver(attempt(2), from: "slow")
        story.when(.heartbeat(WorkerID("alpha"), beat([attempt(0)], frames: 9)))
        #expect(story.job?.underWay.allSatisfy { !$0.isPaired } == true)
    }

    @Test func aPairIsNeverAtOneWorker() {
        var story = Story()
        story.connect("alpha", slots: 2)
        story.when(.jobAdded(plan(segments: 2)))
        story.now = 1
        story.deliver(attempt(0), from: "alpha")
        story.when(.heartbeat(WorkerID("alpha"), beat([attempt(1)], frames: 1)))
        story.pass(20, alive: ["alpha": [attempt(1)]])
        #expect(story.segments[1].attempts.count == 1)
    }

    @Test func whenBothOfAPairAreSlowTheSlowerMakesWay() {
        var story = uneven(segments: 4)
        story.connect("third")
        story.pass(40, alive: ["slow": [attempt(2)], "third": [], "alpha": [attempt(0), attempt(1)]])
        let open = story.segments.map { $0.attempts.count { $0.outcome == nil } }
        #expect(open.allSatisfy { $0 <= 2 })
    }

    @Test func aWorkerThatFailsWhatOthersCanDoIsSetAside() {
        var story = Story()
        story.connect("good")
        story.connect("bad")
        story.when(.jobAdded(plan(segments: 20)))
        story.deliver(attempt(0), from: "good")
        story.crash(attempt(1), on: "bad")
        #expect(story.scheduler.workerSnapshots().last?.asideReason == nil)
        story.crash(attempt(3), on: "bad")
        let held = story.scheduler.workerSnapshots().last?.slots[0].leases.map(\.attempt) ?? []
        story.crash(held[0], on: "bad", "no such device")
        // Nobody else has done any of them yet: they may be what is bad.
        #expect(story.scheduler.workerSnapshots().last?.asideReason == nil)
        let aside = story.work(100) { name, _ in name == "bad" }
        let reason = story.scheduler.workerSnapshots().last?.asideReason
        #expect(reason?.contains("segments in a row that others can do; the last, film1/") == true)
        #expect(aside.contains(.workerAside(name: "bad", reason: reason)))
        #expect(story.job?.state == .concatenating)
        story.when(.jobAdded(plan(JobID("film2"), segments: 9)))
        #expect(story.connect("bad", epoch: 2).leased == [])
        #expect(!story.when(.reinstateWorker("bad")).leased.isEmpty)
    }

    @Test func aWorkerIsNotSetAsideForWhatNobodyCanDo() {
        var story = Story { $0.failureLimit = 9 }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 5)))
        for index in 0..<3 { story.crash(attempt(index), on: "alpha") }
        #expect(story.scheduler.workerSnapshots().first?.asideReason == nil)
    }

    @Test func aBadWorkerDoesNotBurnASegmentsTriesWhileAGoodOneIsAway() {
        var story = Story()
        story.connect("good")
        story.when(.jobAdded(plan(segments: 1)))
        story.when(.goodbye(WorkerID("good")))
        story.connect("bad")
        for number in 2...5 {
            story.crash(attempt(0, number), on: "bad")
            story.pass(20, alive: ["bad": []])
        }
        #expect(story.job?.state == .running)
        story.connect("good", epoch: 2)
        #expect(story.pass(70, alive: ["good": [], "bad": []]).leases.first?.worker == "good")
    }

    @Test func theEtaIsARangeOnceAPaceIsKnown() throws {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 11)))
        #expect(story.job?.eta == nil)
        story.now = 4
        story.deliver(attempt(0), from: "alpha")
        let eta = try #require(story.job?.eta)
        #expect(abs(eta.low - 40) < 1e-6)
        #expect(eta.high > eta.low && eta.high < 80)
        #expect(abs(try #require(story.job?.framesPerSecond) - 2.5) < 1e-6)
        let slowest = try #require(story.job?.slowest)
        #expect(slowest.attempt == attempt(1) && slowest.worker == "alpha")
        #expect(abs(try #require(slowest.expected) - 4) < 1e-6)
        story.when(.jobPaused(film))
        #expect(story.job?.eta == nil)
    }
}
