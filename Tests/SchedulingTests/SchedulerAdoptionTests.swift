import FarmModel
import FarmProtocol
import Scheduling
import SchedulingSupport
import Testing

/// Work that goes on while the coordinator, or a connection, does not.
@Suite struct SchedulerAdoptionTests {
    /// What the store holds after alpha was leased two segments of three.
    private var interrupted: JobPlan {
        var plan = plan(segments: 3)
        for index in 0..<2 {
            plan.segments[index].attempts = [AttemptRecord(number: 1, worker: "alpha", slot: 0, extraRunUp: index)]
        }
        return plan
    }

    @Test func workAtAReconnectingWorkerGoesOnUnderItsAttempt() {
        var story = Story()
        #expect(story.when(.jobAdded(interrupted)) == [])
        let hello = story.connect("alpha", epoch: 4, holding: [attempt(0), attempt(1)])
        #expect(hello.leased == [])
        #expect(hello.contains(.adopt(WorkerID("alpha"), slot: 0, attempt(0), extraRunUp: 0)))
        #expect(hello.contains(.adopt(WorkerID("alpha"), slot: 0, attempt(1), extraRunUp: 1)))
        #expect(story.deliver(attempt(0), from: "alpha").contains(.accept(WorkerID("alpha"), attempt(0))))
        #expect(story.segments[0].attempts.count == 1)
    }

    /// Nobody knows for how long it was under way.
    @Test func anAdoptedLeaseTeachesNoPace() {
        var story = Story()
        story.when(.jobAdded(interrupted))
        story.connect("alpha", holding: [attempt(0), attempt(1)])
        story.now += 1
        story.when(.heartbeat(WorkerID("alpha"), beat([attempt(0)], frames: 9)))
        story.deliver(attempt(0), from: "alpha")
        #expect(story.scheduler.workerSnapshots()[0].slots[0].pace == nil)
        story.now += 3
        story.deliver(attempt(1), from: "alpha")
        story.now += 3
        story.deliver(attempt(2), from: "alpha")
        #expect(story.scheduler.workerSnapshots()[0].slots[0].pace != nil)
    }

    @Test func whatTheWorkerDoesNotHoldEndsWithItsHello() {
        var story = Story()
        story.when(.jobAdded(interrupted))
        let hello = story.connect("alpha", holding: [attempt(0), attempt(2, 7)])
        #expect(hello.contains(.ended(attempt(1), .withdrawn(reason: "the coordinator stopped"))))
        #expect(hello.contains(.cancel(WorkerID("alpha"), attempt(2, 7))))
        #expect(hello.leased == [attempt(1, 2)])
    }

    @Test func aWorkerThatDoesNotComeBackIsWaitedForForALeasesLifetime() {
        var story = Story()
        story.when(.jobAdded(interrupted))
        #expect(story.connect("beta").leased == [attempt(2)])
        #expect(story.pass(30, alive: ["beta": [attempt(2)]]).leased == [])
        #expect(story.pass(1, alive: ["beta": [attempt(2)]]).leased == [attempt(0, 2)])
        let late = story.connect("alpha", holding: [attempt(0), attempt(1)])
        #expect(late.contains(.cancel(WorkerID("alpha"), attempt(0))))
        #expect(late.leased == [attempt(1, 2)])
    }

    /// A connection that breaks says nothing of the process behind it.
    @Test func aBrokenConnectionCostsNoWork() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 4)))
        #expect(story.when(.workerUnreachable(WorkerID("alpha"))) == [])
        // Nothing new goes to it, and what it holds stays its own.
        #expect(story.deliver(attempt(0), from: "alpha").contains(.accept(WorkerID("alpha"), attempt(0))))
        #expect(story.segments[1].attempts.map(\.outcome) == [nil])
        story.when(.workerUnreachable(WorkerID("alpha")))
        let hello = story.connect("alpha", as: "again", holding: [attempt(1), attempt(2)])
        #expect(hello.leased == [])
        #expect(story.segments[1].attempts.count == 1 && story.segments[2].attempts.count == 1)
        #expect(story.deliver(attempt(1), from: "again").contains(.accept(WorkerID("again"), attempt(1))))
    }

    @Test func whereNoWorkerOutlivesTheCoordinatorNobodyIsWaitedFor() {
        var story = Story { $0.reconnection = 0 }
        #expect(story.when(.jobAdded(interrupted)).changes.count == 2)
        #expect(story.connect("beta").leased == [attempt(0, 2), attempt(1, 2)])
    }

    @Test func anotherWorkerDoesNotTakeThemOver() {
        var story = Story()
        story.when(.jobAdded(interrupted))
        let actions = story.connect("beta", holding: [attempt(0)])
        #expect(actions.contains(.cancel(WorkerID("beta"), attempt(0))))
        #expect(story.deliver(attempt(0), from: "beta").refusals.count == 1)
        #expect(story.job?.waits == [])
    }

    @Test func theHelloMayComeBeforeTheJob() {
        var story = Story()
        story.connect("alpha", holding: [attempt(0)])
        #expect(story.when(.heartbeat(WorkerID("alpha"), beat([attempt(0)]))) == [])
        #expect(story.deliver(attempt(0), from: "alpha") == [])
        let added = story.when(.jobAdded(interrupted))
        #expect(added.contains(.adopt(WorkerID("alpha"), slot: 0, attempt(0), extraRunUp: 0)))
        #expect(added.contains(.stranger(WorkerID("alpha"))))  // it sends its result again
        #expect(added.contains(.ended(attempt(1), .withdrawn(reason: "the coordinator stopped"))))
    }

    @Test func whatIsHeldOfAJobThatNeverComesIsStopped() {
        var story = Story()
        story.connect("alpha", holding: [attempt(0)])
        #expect(story.pass(29, alive: ["alpha": [attempt(0)]]) == [])
        #expect(story.pass(2, alive: ["alpha": [attempt(0)]]).contains(.cancel(WorkerID("alpha"), attempt(0))))
    }

    @Test func aLeaseThatNeverArrivedOnABrokenConnectionIsGivenAgain() {
        var story = Story()
        story.connect("alpha", as: "first")
        story.when(.jobAdded(plan(segments: 2)))
        let again = story.connect("alpha", as: "second", holding: [attempt(0)])
        #expect(again.contains(.ended(attempt(1), .withdrawn(reason: "it never reached the worker"))))
        #expect(again.leased == [attempt(1, 2)])
        // On the same connection it may be on its way.
        #expect(story.connect("alpha", as: "second", holding: [attempt(0)]) == [.welcome(WorkerID("second"))])
    }

    @Test func aNewProcessEndsWhatItDoesNotHold() {
        var story = Story()
        story.connect("alpha", as: "first")
        story.when(.jobAdded(plan(segments: 2)))
        let new = story.connect("alpha", epoch: 2, as: "second", holding: [attempt(1)])
        #expect(new.contains(.ended(attempt(0), .lost(reason: "the worker was started anew", begun: true))))
        #expect(new.contains(.adopt(WorkerID("second"), slot: 0, attempt(1), extraRunUp: 0)))
        #expect(new.leased == [attempt(0, 2)])
    }

    @Test func aResultOnAConnectionThatIsNotKnownYetIsNotLost() {
        var story = Story()
        story.when(.jobAdded(interrupted))
        #expect(story.deliver(attempt(0), from: "alpha") == [.stranger(WorkerID("alpha"))])
    }
}
