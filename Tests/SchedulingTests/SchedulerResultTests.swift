import FarmModel
import FarmProtocol
import Scheduling
import SchedulingSupport
import Testing

/// What workers send as results: taken once, from who holds the lease, if it can be true.
@Suite struct SchedulerResultTests {
    @Test func aLateResultIsRefusedEvenWhileNobodyHasTheSegment() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        story.pass(31)
        #expect(story.job?.segmentsWaiting == 1)
        #expect(story.deliver(attempt(0), from: "alpha").refusals.count == 1)
        #expect(story.job?.segmentsAccepted == 0)
    }

    @Test func aResultFromAnyoneButTheHolderIsRefused() {
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        story.when(.jobAdded(plan(segments: 1)))
        let refused = story.deliver(attempt(0), from: "beta")
        #expect(refused.refusals.count == 1)
        #expect(!refused.contains(.discard(attempt(0))))  // the holder's bytes may lie there already
        #expect(story.deliver(attempt(0), from: "nobody") == [.stranger(WorkerID("nobody"))])
        #expect(story.deliver(attempt(7), from: "alpha").refusals == ["no segment film1/7 is known"])
        #expect(
            story.deliver(attempt(0, of: JobID("other")), from: "alpha").refusals == ["no segment other/0 is known"])
        #expect(story.crash(attempt(0), on: "beta") == [])
        #expect(story.deliver(attempt(0), from: "alpha").contains(.accept(WorkerID("alpha"), attempt(0))))
    }

    /// Bytes from the network: what is accepted is stored, and read again at every start.
    @Test func aResultThatCannotBeIsRefused() {
        let bad: [(inout SegmentResult) -> Void] = [
            { $0.damaged = [999_999_999] }, { $0.damaged = [-1] }, { $0.damaged = [3, 2] }, { $0.damaged = [2, 2] },
            { $0.missing = [11] }, { $0.frames = 9 }, { $0.frames = .min }, { $0.output.size = -1 },
            { $0.stages.inference.busy = 1e308 }, { $0.stages.decode.starved = -1 },
            { $0.stages.encode.blocked = .nan }, { $0.stages.encode.busy = .infinity },
        ]
        for spoil in bad {
            var story = Story()
            story.connect("alpha")
            story.when(.jobAdded(plan(segments: 1)))
            var result = result(attempt(0))
            spoil(&result)
            let refused = story.when(.delivered(WorkerID("alpha"), result))
            #expect(refused.refusals.count == 1, "\(result)")
            #expect(story.segments[0].result == nil)
        }
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        var result = result(attempt(0))
        result.damaged = [0, 9]
        #expect(story.when(.delivered(WorkerID("alpha"), result)).contains(.accept(WorkerID("alpha"), attempt(0))))
    }

    @Test func anAcceptedResultTellsWhatLimitsItsSlot() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        #expect(story.scheduler.workerSnapshots().first?.slots.first?.limit == nil)
        var result = result(attempt(0))
        result.stages.inference = .init(busy: 1, blocked: 3)
        story.when(.delivered(WorkerID("alpha"), result))
        #expect(story.scheduler.workerSnapshots().first?.slots.first?.limit == .encoding)
    }

    @Test func aHeartbeatMayCountFramesThatCannotBe() {
        var story = Story()
        for name in ["alpha", "beta"] { story.connect(name) }
        story.when(.jobAdded(plan(segments: 4)))
        story.now = 1
        story.deliver(attempt(0), from: "alpha")
        for (name, index) in [("alpha", 2), ("beta", 1)] {
            story.when(.heartbeat(WorkerID(name), beat([attempt(index)], frames: .max)))
        }
        #expect(story.job?.framesDone == 30)
        #expect(story.job?.eta != nil)
        story.when(.heartbeat(WorkerID("alpha"), beat([attempt(2)], frames: .min)))
        #expect(story.job?.framesDone == 30)
    }

    @Test func theSameResultAgainIsAcknowledgedAgainAndChangesNothing() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 2)))
        story.deliver(attempt(0), from: "alpha")
        let before = story.scheduler.plan(of: film)
        #expect(story.deliver(attempt(0), from: "alpha") == [.accept(WorkerID("alpha"), attempt(0))])
        var other = result(attempt(0))
        other.output.sha256 = "other bytes"
        let refused = story.when(.delivered(WorkerID("alpha"), other))
        #expect(refused.refusals.count == 1)
        #expect(!refused.contains(.discard(attempt(0))))
        #expect(story.scheduler.plan(of: film) == before)
    }

    @Test func nothingOfAJobThatIsNotInMemoryIsThrownAway() {
        var story = Story()
        story.connect("alpha")
        #expect(
            story.deliver(attempt(0), from: "alpha") == [
                .refuse(WorkerID("alpha"), attempt(0), reason: "no segment film1/0 is known")
            ])
    }
}
