import FarmModel
import FarmProtocol
import Scheduling
import SchedulingSupport
import Testing

/// Stories of leases that lapse, engines that crash and workers that die.
@Suite struct SchedulerFailureTests {
    @Test func aLeaseThatNoHeartbeatNamesLapsesAndItsLateResultIsRefused() {
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        story.when(.jobAdded(plan(segments: 1)))
        let quiet = story.pass(30, alive: ["alpha": [attempt(0)], "beta": []])
        #expect(quiet == [])
        let lapsed = story.pass(31, alive: ["beta": []])
        #expect(lapsed.contains(.cancel(WorkerID("alpha"), attempt(0))))
        #expect(lapsed.leased == [])
        let retried = story.pass(1, alive: ["beta": []])
        #expect(retried.leases.map(\.worker) == ["beta"])
        #expect(retried.leased == [attempt(0, 2)])

        let late = story.deliver(attempt(0), from: "alpha")
        #expect(
            late == [
                .refuse(WorkerID("alpha"), attempt(0), reason: "attempt film1/0#1 has lapsed"), .discard(attempt(0)),
            ])
        #expect(story.deliver(attempt(0, 2), from: "beta").contains(.jobReady(film)))
        #expect(
            story.deliver(attempt(0), from: "alpha").refusals == ["segment film1/0 is already accepted from attempt 2"])
        #expect(story.segments[0].result == result(attempt(0, 2)))
    }

    /// The film is to blame, and no other attempt can help.
    @Test func aFrameThatIsNotTheJobsEndsTheJobAtOnce() {
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        story.when(.jobAdded(plan(segments: 2)))
        let failure = AttemptFailure(
            attempt: attempt(0), job: film, reason: "the pictures change", crashed: false, misfit: 7)
        let ended = story.when(.failed(WorkerID("alpha"), failure))
        #expect(ended.contains(.jobFailed(film, reasons: ["the pictures change"])))
    }

    @Test func aLeaseWhoseInputIsStillBeingCutDoesNotLapse() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 2)))
        for _ in 0..<10 {
            #expect(story.when(.cutting([attempt(0), attempt(1), attempt(7)])) == [])
            #expect(story.pass(10, alive: ["alpha": []]) == [])
        }
        #expect(story.job?.underWay.map(\.seconds) == [10, 10])
        let lapsed = story.pass(21, alive: ["alpha": []])
        #expect(lapsed.contains(.cancel(WorkerID("alpha"), attempt(0))))
        #expect(lapsed.contains(.cancel(WorkerID("alpha"), attempt(1))))
    }

    /// A pace is how long the worker took, not how long its input took to be cut.
    @Test func cuttingIsNoPartOfASlotsPace() throws {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 11)))
        story.pass(4, alive: ["alpha": []])
        story.when(.cutting([attempt(0)]))
        story.pass(2, alive: ["alpha": [attempt(0)]])
        story.deliver(attempt(0), from: "alpha")
        #expect(try #require(story.job?.framesPerSecond) == 5)
    }

    /// A worker whose way to the bulk port is shut names what it holds for ever.
    @Test func aLeaseAtWhichNothingMovesGoesToAnother() throws {
        var story = Story { $0.stillness = 100 }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 2)))
        #expect(story.pass(100, alive: ["alpha": [attempt(0), attempt(1)]]) == [])
        let lapsed = story.pass(31, alive: ["alpha": [attempt(0), attempt(1)]])
        #expect(lapsed.contains(.cancel(WorkerID("alpha"), attempt(0))))
        guard case .lost(let reason, begun: true)? = story.segments[0].attempts[0].outcome else {
            Issue.record("\(story.segments[0].attempts)")
            return
        }
        #expect(reason.hasPrefix("alpha names it and shows no frame for 1"))
        // What it holds for later had no chance yet; its time begins now.
        #expect(story.segments[1].attempts[0].outcome == nil)
        #expect(story.scheduler.workerSnapshots()[0].failures == 1)
    }

    /// Minutes a frame, on a CPU, are no fault.
    @Test func whatMovesSlowlyIsLeftAlone() {
        var story = Story { $0.stillness = 100 }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        for frames in 0..<framesPerSegment {
            story.when(.heartbeat(WorkerID("alpha"), beat([attempt(0)], frames: frames)))
            #expect(story.pass(95, alive: ["alpha": [attempt(0)]]) == [])
        }
        #expect(story.deliver(attempt(0), from: "alpha").contains(.accept(WorkerID("alpha"), attempt(0))))
    }

    /// A job that nobody can show a frame of within the limit is done in the end.
    @Test func patienceGrowsWithWhatWasLost() {
        var story = Story { $0.stillness = 100 }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        var (seconds, longest) = (0, 0)
        while seconds < 3000, longest < 450 {
            seconds += 1
            let open = story.job?.underWay.first?.attempt
            story.pass(1, alive: ["alpha": open.map { [$0] } ?? []])
            longest = max(longest, Int(story.job?.underWay.first?.seconds ?? 0))
        }
        #expect(longest == 450 && story.segments[0].attempts.count == 4)
    }

    @Test func aConnectionThatIsNotKnownIsToSayHello() {
        var story = Story()
        let actions = story.when(.heartbeat(WorkerID("ghost"), beat([attempt(0)])))
        #expect(actions == [.stranger(WorkerID("ghost"))])
    }

    @Test func aWorkerThatWorksOnWhatIsNotItsOwnIsStopped() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        let stop = story.when(.heartbeat(WorkerID("alpha"), beat([attempt(0), attempt(0, 7)])))
        #expect(stop == [.cancel(WorkerID("alpha"), attempt(0, 7))])
    }

    @Test func threeCrashesOfASegmentFailTheJobWithTheirReasons() throws {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 2)))
        story.crash(attempt(0), on: "alpha", "signal 11")
        #expect(story.pass(1, alive: ["alpha": [attempt(1)]]).leased == [attempt(0, 2)])
        story.when(.deliveryRefused(WorkerID("alpha"), attempt(0, 2), reason: "its hash is wrong"))
        #expect(story.pass(1, alive: ["alpha": [attempt(1)]]).leased == [])
        #expect(story.pass(1, alive: ["alpha": [attempt(1)]]).leased == [attempt(0, 3)])
        let end = story.crash(attempt(0, 3), on: "alpha", "signal 6")
        #expect(end.isDurableFirst)
        #expect(end.contains(.cancel(WorkerID("alpha"), attempt(1))))
        #expect(
            end.failureReasons == [
                "segment 0, frames [0, 10), came to nothing 3 times",
                "attempt 1 on alpha, slot 0: engine crashed: signal 11",
                "attempt 2 on alpha, slot 0: result refused: its hash is wrong",
                "attempt 3 on alpha, slot 0: engine crashed: signal 6",
            ])
        #expect(story.job?.state == .failed)
        #expect(story.pass(100, alive: ["alpha": []]).leased == [])
    }

    @Test func aFailedJobTakenUpAgainStartsWithACleanSlateButNotWithOldNumbers() throws {
        var story = Story { $0.failureLimit = 1 }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 2)))
        story.deliver(attempt(0), from: "alpha")
        story.crash(attempt(1), on: "alpha")
        let failed = try #require(story.scheduler.plan(of: film))
        #expect(failed.state == .failed)
        let again = story.when(.jobAdded(failed))
        #expect(again.changes.first == .reopened(film))
        #expect(again.leased == [attempt(1, 2)])
        #expect(story.deliver(attempt(1, 2), from: "alpha").contains(.jobReady(film)))
    }

    @Test func backOffDoublesUpToItsLimit() {
        var story = Story {
            $0.failureLimit = 9
            $0.longestBackOff = 5
        }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        var waits: [Int] = []
        for number in 1...5 {
            story.crash(attempt(0, number), on: "alpha")
            var seconds = 0
            while story.pass(1, alive: ["alpha": []]).leased.isEmpty { seconds += 1 }
            waits.append(seconds + 1)
        }
        #expect(waits == [1, 2, 4, 5, 5])
    }

    @Test func anotherAttemptGoesToAnotherWorkerEvenIfItMustWaitForIt() {
        var story = Story()
        story.when(.jobAdded(plan(segments: 4)))
        story.connect("alpha")
        story.connect("beta")
        story.crash(attempt(0), on: "alpha")
        // beta is full: the segment waits for it, though alpha has room.
        #expect(story.pass(2, alive: ["alpha": [attempt(1)], "beta": [attempt(2), attempt(3)]]).leased == [])
        let freed = story.deliver(attempt(2), from: "beta")
        #expect(freed.leases == [.init(worker: "beta", slot: 0, attempt: attempt(0, 2), extraRunUp: 0)])
        // With beta gone, alpha is all there is.
        #expect(story.when(.workerGone(WorkerID("beta"))).leased.contains(attempt(0, 3)))
    }

    @Test func onABoxOfItsOwnAnotherAttemptGoesToAnotherSlot() {
        var story = Story()
        story.connect("alpha", slots: 2)
        story.when(.jobAdded(plan(segments: 1)))
        story.crash(attempt(0), on: "alpha")
        let retried = story.pass(1, alive: ["alpha": []])
        #expect(retried.leases == [.init(worker: "alpha", slot: 1, attempt: attempt(0, 2), extraRunUp: 0)])
    }

    @Test func aWorkerKilledAgainAndAgainDoesNotFailTheJob() {
        var story = Story()
        story.when(.jobAdded(plan(segments: 3)))
        for life in 1...6 {
            let number = life
            let leased = story.connect("alpha", epoch: Int64(life), as: "connection \(life)").leased
            #expect(leased == [attempt(0, number), attempt(1, number)])
            let gone = story.when(.workerGone(WorkerID("connection \(life)")))
            #expect(
                gone.contains(.attemptEnded(attempt(0, number), .lost(reason: "the worker went away", begun: true))))
            #expect(
                gone.contains(.attemptEnded(attempt(1, number), .lost(reason: "the worker went away", begun: false))))
        }
        story.connect("alpha", epoch: 7)
        for index in 0..<2 { story.deliver(attempt(index, 7), from: "alpha") }
        #expect(story.deliver(attempt(2), from: "alpha").contains(.jobReady(film)))
    }

    @Test func aSegmentThatTakesEveryWorkerDownEndsTheJobInTheEnd() throws {
        var story = Story()
        story.when(.jobAdded(plan(segments: 2)))
        var reasons: [String]?
        var lives = 0
        while reasons == nil, lives < 50 {
            lives += 1
            story.connect("alpha", epoch: Int64(lives))
            reasons = story.when(.workerGone(WorkerID("alpha"))).failureReasons
        }
        #expect(lives == 10)
        #expect(reasons?.first == "segment 0, frames [0, 10), came to nothing 10 times")
    }

    @Test func aWorkerThatLeavesInOrderCostsNothing() {
        var story = Story()
        story.when(.jobAdded(plan(segments: 1)))
        for life in 1...20 {
            story.connect("alpha", epoch: Int64(life))
            story.when(.goodbye(WorkerID("alpha")))
        }
        #expect(story.job?.state == .running)
        #expect(story.connect("alpha", epoch: 21).leased == [attempt(0, 21)])
    }

    @Test func aDrainedWorkerFinishesAndGetsNoMore() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 4)))
        #expect(story.when(.drain(WorkerID("alpha"))) == [.drain(WorkerID("alpha"))])
        #expect(story.deliver(attempt(0), from: "alpha").leased == [])
        #expect(story.deliver(attempt(1), from: "alpha").contains(.accept(WorkerID("alpha"), attempt(1))))
        #expect(story.connect("beta").leased == [attempt(2), attempt(3)])
    }

    @Test func aSilentWorkerGetsNoWorkUntilItSpeaks() {
        var story = Story()
        story.connect("alpha")
        story.pass(31)
        #expect(story.when(.jobAdded(plan(segments: 1))).leased == [])
        #expect(story.scheduler.workerSnapshots().map(\.isSilent) == [true])
        #expect(story.when(.heartbeat(WorkerID("alpha"), beat([]))).leased == [attempt(0)])
    }

    @Test func theNewestStartOfAWorkerTakesItsNameOver() {
        var story = Story()
        story.when(.jobAdded(plan(segments: 2)))
        story.connect("alpha", epoch: 5, as: "first")
        let second = story.connect("alpha", epoch: 6, as: "second")
        #expect(second.contains(.reject(WorkerID("first"), reason: "a newer start of worker alpha is connected")))
        #expect(second.leased == [attempt(0, 2), attempt(1, 2)])
        #expect(
            story.connect("alpha", epoch: 5, as: "third") == [
                .reject(WorkerID("third"), reason: "a newer start of worker alpha is connected")
            ])
        #expect(story.when(.workerGone(WorkerID("first"))) == [])
        #expect(story.deliver(attempt(0), from: "first").refusals.count == 1)
        #expect(story.deliver(attempt(0, 2), from: "second").contains(.accept(WorkerID("second"), attempt(0, 2))))
    }

    @Test func theSameStartOnANewConnectionKeepsItsLeases() {
        var story = Story()
        story.when(.jobAdded(plan(segments: 2)))
        story.connect("alpha", as: "first")
        #expect(story.connect("alpha", as: "first") == [.welcome(WorkerID("first"))])
        let again = story.connect("alpha", as: "second", holding: [attempt(0), attempt(1)])
        #expect(again == [.welcome(WorkerID("second"))])
        #expect(story.when(.workerGone(WorkerID("first"))) == [])
        #expect(story.deliver(attempt(0), from: "second").contains(.accept(WorkerID("second"), attempt(0))))
    }

    @Test func aWorkerWithoutADeviceIsTurnedAway() {
        var story = Story()
        #expect(story.connect("alpha", slots: 0) == [.reject(WorkerID("alpha"), reason: "the worker offers no device")])
    }

    /// A disk on which commits take long does not let the clock stand still.
    @Test func leasesLapseThoughTheSchedulerIsSeldomAsked() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        var asked = 0
        while story.segments[0].attempts[0].outcome == nil, asked < 100 {
            story.now += 6
            story.when(.tick)
            asked += 1
        }
        #expect((5...8).contains(asked))
    }

    @Test func timeThatTheCoordinatorSleptThroughIsNobodysSilence() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        story.now += 3600
        #expect(story.when(.tick) == [])
        #expect(story.deliver(attempt(0), from: "alpha").contains(.jobReady(film)))
    }
}
