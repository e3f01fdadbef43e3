import FarmModel
import FarmProtocol
import Scheduling
import SchedulingSupport
import Testing

/// The frame table holds candidates: what two attempts cannot produce, the second with more run-up, is no frame.
@Suite struct SchedulerMissingFramesTests {
    @Test func missingFramesAreTriedAgainWithMoreRunUp() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        let first = story.deliver(attempt(0), from: "alpha", missing: [2, 3])
        #expect(first.changes.first == .runUp(SegmentID(job: film, index: 0), extra: 1, missing: [2, 3]))
        #expect(first.contains(.discard(attempt(0))))
        #expect(first.refusals.count == 1)
        #expect(first.leases == [.init(worker: "alpha", slot: 0, attempt: attempt(0, 2), extraRunUp: 1)])
        let second = story.deliver(attempt(0, 2), from: "alpha")
        #expect(second.contains(.jobReady(film)))
        #expect(story.job?.struck == [])
    }

    @Test func framesStillMissingAreStruck() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        story.deliver(attempt(0), from: "alpha", missing: [2, 3, 4])
        let second = story.deliver(attempt(0, 2), from: "alpha", missing: [3, 4])
        #expect(
            second.changes == [
                .accepted(result(attempt(0, 2), missing: [3, 4])), .struck(film, frames: [3, 4]),
                .state(film, .concatenating, reasons: []),
            ])
        #expect(second.contains(.strike(film, frames: [3, 4])))
        #expect(story.job?.struck == [3, 4])
    }

    @Test func aFrameThatAnEarlierAttemptProducedIsNotStruck() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        story.deliver(attempt(0), from: "alpha", missing: [2])
        let second = story.deliver(attempt(0, 2), from: "alpha", missing: [2, 5])
        #expect(second.leases == [.init(worker: "alpha", slot: 0, attempt: attempt(0, 3), extraRunUp: 2)])
        #expect(story.deliver(attempt(0, 3), from: "alpha", missing: [2]).contains(.strike(film, frames: [2])))
    }

    /// They are no part of the segment, but its pictures may hang on them, and another split has them.
    @Test func missingFramesOfTheOverlapAreTriedAgainToo() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 2)))
        let end = story.segments[0].range.end
        var lacking = result(attempt(0))
        lacking.missingAround = [end, end + 1]
        let first = story.when(.delivered(WorkerID("alpha"), lacking))
        #expect(first.changes.first == .runUp(SegmentID(job: film, index: 0), extra: 1, missing: [end, end + 1]))
        var still = result(attempt(0, 2))
        still.missingAround = [end + 1]
        let second = story.when(.delivered(WorkerID("alpha"), still))
        #expect(second.changes.contains(.accepted(still)))
        #expect(story.job?.struck == [], "the other segment answers for it")
        var wrong = result(attempt(1))
        wrong.missingAround = [end]
        #expect(story.when(.delivered(WorkerID("alpha"), wrong)).refusals.count == 1)
    }

    @Test func missingFramesAreNoFailure() {
        var story = Story { $0.failureLimit = 1 }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        for number in 1...4 { story.deliver(attempt(0, number), from: "alpha", missing: [number]) }
        #expect(story.job?.state == .running)
        #expect(story.deliver(attempt(0, 5), from: "alpha", missing: []).contains(.jobReady(film)))
    }

    @Test func theSecondAttemptGoesToAnotherWorkerWhereThereIsOne() {
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        story.when(.jobAdded(plan(segments: 1)))
        #expect(story.deliver(attempt(0), from: "alpha", missing: [2]).leases.map(\.worker) == ["beta"])
    }

    @Test func runUpOutlivesACrashAndARestart() throws {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        story.deliver(attempt(0), from: "alpha", missing: [2])
        story.crash(attempt(0, 2), on: "alpha")
        #expect(story.pass(2, alive: ["alpha": []]).leases.map(\.extraRunUp) == [1])
        let kept = try #require(story.scheduler.plan(of: film))
        story = Story()
        story.connect("alpha")
        #expect(story.when(.jobAdded(kept)).leases.map(\.extraRunUp) == [1])
        #expect(story.deliver(attempt(0, 4), from: "alpha", missing: [2]).contains(.strike(film, frames: [2])))
    }

    @Test(arguments: [[11], [3, 3], [4, 3]])
    func aResultThatCannotBeOfTheSegmentIsAFailure(missing: [Int]) {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        let actions = story.deliver(attempt(0), from: "alpha", missing: missing)
        #expect(actions.refusals.count == 1)
        #expect(story.segments[0].attempts[0].outcome?.isFailure == true)
    }

    @Test func framesMustAddUp() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        var short = result(attempt(0))
        short.frames = 9
        #expect(
            story.when(.delivered(WorkerID("alpha"), short)).refusals == [
                "9 frames and 0 missing are not the segment's 10"
            ])
    }
}
