import FarmModel
import FarmProtocol
import Scheduling
import SchedulingSupport
import Testing

@Suite struct SchedulerTests {
    @Test func aFilmGoesThroughOneWorkerInFilmOrder() {
        var story = Story()
        story.connect("alpha")
        #expect(story.when(.jobAdded(plan(segments: 3))).leased == [attempt(0), attempt(1)])
        #expect(story.deliver(attempt(0), from: "alpha").leased == [attempt(2)])
        story.deliver(attempt(1), from: "alpha")
        let last = story.deliver(attempt(2), from: "alpha")
        #expect(last.contains(.jobReady(film)))
        #expect(story.job?.state == .concatenating)
        #expect(story.when(.concatenated(film)) == [.persist([.state(film, .done, reasons: [])])])
        #expect(story.job?.state == .done)
        #expect(story.job?.framesDone == 30)
    }

    @Test func whatMustBeDurableComesBeforeWhatIsSaid() {
        var story = Story()
        let leased = [story.connect("alpha"), story.when(.jobAdded(plan(segments: 3)))].last ?? []
        #expect(
            leased.first
                == .persist([
                    .leased(attempt(0), worker: "alpha", slot: 0, extraRunUp: 0),
                    .leased(attempt(1), worker: "alpha", slot: 0, extraRunUp: 0),
                ]))
        let accepted = story.deliver(attempt(0), from: "alpha")
        #expect(
            accepted == [
                .persist([.accepted(result(attempt(0))), .leased(attempt(2), worker: "alpha", slot: 0, extraRunUp: 0)]),
                .accept(WorkerID("alpha"), attempt(0)), .attemptEnded(attempt(0), .accepted),
                .lease(WorkerID("alpha"), slot: 0, attempt(2), extraRunUp: 0),
            ])
    }

    @Test func everySlotGetsACurrentLeaseBeforeAnyGetsItsNext() {
        var story = Story()
        story.when(.jobAdded(plan(segments: 9)))
        #expect(story.connect("alpha", slots: 2).leases.map(\.slot) == [0, 1, 0, 1])
        #expect(story.connect("beta").leased == [attempt(4), attempt(5)])
        #expect(story.job?.segmentsLeased == 6)
        #expect(story.job?.segmentsWaiting == 3)
    }

    /// Second slots share a device with first ones.
    @Test func everyWorkersFirstSlotIsFilledBeforeAnySecond() {
        var story = Story()
        story.connect("alpha", slots: 2)
        story.connect("beta", slots: 2)
        let leases = story.when(.jobAdded(plan(segments: 4))).leases
        #expect(leases.map { "\($0.worker) \($0.slot)" } == ["alpha 0", "beta 0", "alpha 1", "beta 1"])
    }

    @Test func jobsAreWorkedOnInTheOrderOfSubmission() {
        let second = JobID("film2")
        var story = Story()
        story.when(.jobAdded(plan(segments: 1)))
        story.when(.jobAdded(plan(second, segments: 2)))
        #expect(story.connect("alpha").leased == [attempt(0), attempt(0, of: second)])
        #expect(story.deliver(attempt(0), from: "alpha").leased == [attempt(1, of: second)])
    }

    @Test func progressIsWhatIsAcceptedAndWhatHeartbeatsSay() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 3)))
        story.deliver(attempt(0), from: "alpha")
        story.when(.heartbeat(WorkerID("alpha"), beat([attempt(1)], frames: 4)))
        #expect(story.job?.framesDone == 14)
        story.when(.heartbeat(WorkerID("alpha"), beat([attempt(1)], frames: 400)))
        #expect(story.job?.framesDone == 20)
        let slots = story.scheduler.workerSnapshots().first?.slots
        #expect(slots?.first?.leases.map(\.attempt) == [attempt(1), attempt(2)])
    }

    @Test func aResumedJobKeepsWhatWasAccepted() {
        var old = plan(segments: 4)
        for index in [0, 2] {
            old.segments[index].attempts = [AttemptRecord(number: 1, worker: "alpha", slot: 0, outcome: .accepted)]
            old.segments[index].result = result(attempt(index))
        }
        old.segments[1].attempts = [AttemptRecord(number: 1, worker: "alpha", slot: 0)]
        var story = Story()
        story.connect("alpha")
        let resumed = story.when(.jobAdded(old))
        #expect(resumed.changes.first == .ended(attempt(1), .withdrawn(reason: "the coordinator stopped")))
        #expect(resumed.leased == [attempt(1, 2), attempt(3)])
        #expect(story.deliver(attempt(1), from: "alpha").refusals == ["attempt film1/1#1 has lapsed"])
        story.deliver(attempt(1, 2), from: "alpha")
        #expect(story.deliver(attempt(3), from: "alpha").contains(.jobReady(film)))
        #expect(story.segments.map { $0.result?.attempt.number } == [1, 2, 1, 1])
    }

    @Test func aResumedJobWithNothingLeftIsConcatenatedAtOnce() {
        var old = plan(segments: 1)
        old.segments[0].result = result(attempt(0))
        var story = Story()
        #expect(story.when(.jobAdded(old)).last == .jobReady(film))
        old.state = .concatenating
        story = Story()
        #expect(story.when(.jobAdded(old)) == [.jobReady(film)])
    }

    /// What was accepted may be gone from the disk, and taken out of the plan, before the job is taken up.
    @Test func aJobThatWasBeingJoinedAndLacksASegmentGoesOnWithThat() {
        var old = plan(segments: 2)
        old.segments[0].result = result(attempt(0))
        old.state = .concatenating
        var story = Story()
        story.connect("alpha")
        let added = story.when(.jobAdded(old))
        #expect(added.changes.first == .state(film, .running, reasons: []))
        #expect(!added.contains(.jobReady(film)))
        #expect(added.leased == [attempt(1)])
        #expect(story.deliver(attempt(1), from: "alpha").contains(.jobReady(film)))
    }

    @Test func aCancelledJobTakesItsLeasesBackAndTheNextJobGetsTheSlots() {
        let second = JobID("film2")
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 3)))
        story.when(.jobAdded(plan(second, segments: 1)))
        let actions = story.when(.jobCancelled(film))
        #expect(actions.isDurableFirst)
        #expect(actions.changes.first == .state(film, .cancelled, reasons: []))
        #expect(actions.contains(.cancel(WorkerID("alpha"), attempt(0))))
        #expect(actions.contains(.cancel(WorkerID("alpha"), attempt(1))))
        #expect(actions.leased == [attempt(0, of: second)])
        #expect(story.deliver(attempt(0), from: "alpha").refusals == ["job film1 is cancelled"])
        #expect(story.job?.state == .cancelled)
    }

    @Test func aJobThatTheCoordinatorCannotGoOnWithFailsWithThatReason() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        let actions = story.when(.jobStopped(film, reason: "the film is gone"))
        #expect(actions.failureReasons == ["the film is gone"])
        #expect(actions.contains(.cancel(WorkerID("alpha"), attempt(0))))
        #expect(story.job?.failures == ["the film is gone"])
    }

    @Test func aFilmThatCannotBeJoinedFailsAndIsJoinedAgainWhenTakenUpAgain() throws {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        story.deliver(attempt(0), from: "alpha")
        #expect(story.when(.concatFailed(film, reason: "disk full")).failureReasons == ["disk full"])
        let again = story.when(.jobAdded(try #require(story.scheduler.plan(of: film))))
        #expect(again.changes == [.reopened(film), .state(film, .concatenating, reasons: [])])
        #expect(again.last == .jobReady(film))
    }
}
