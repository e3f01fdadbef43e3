import FarmModel
import FarmProtocol
import Scheduling
import SchedulingSupport
import Testing

/// Whose fault a failure is: the worker's, or the work's.
@Suite struct SchedulerBlameTests {
    /// The three whose engines die at once are always the emptiest, so that everything is tried on them first.
    @Test(arguments: [1, 4, 40])
    func threeBadBoxesFailNoJobThatOthersCanDo(segments: Int) {
        var story = Story()
        for name in ["b1", "b2", "b3"] + (1...9).map({ "good\($0)" }) { story.connect(name) }
        story.when(.jobAdded(plan(segments: segments)))
        story.work(200) { name, _ in name.hasPrefix("b") }
        #expect(story.job?.state == .concatenating, "\(story.job?.failures ?? [])")
        let aside = story.scheduler.workerSnapshots().filter { $0.asideReason != nil }.map(\.name)
        #expect(aside.allSatisfy { $0.hasPrefix("b") })
        if segments == 40 { #expect(aside == ["b1", "b2", "b3"]) }
    }

    /// A rack whose driver is broken, beside some boxes that work and are busy for long.
    @Test func aRackOfBadBoxesFailsNoJobThatOthersCanDo() {
        var story = Story()
        for number in 1...20 { story.connect("b\(number)") }
        for number in 1...3 { story.connect("good\(number)") }
        story.when(.jobAdded(plan(segments: 100)))
        story.work(100 * 100, pace: 100) { name, _ in name.hasPrefix("b") }
        #expect(story.job?.state == .concatenating, "\(story.job?.failures ?? [])")
        #expect(story.scheduler.workerSnapshots().count { $0.asideReason != nil } == 20)
    }

    /// All that is left fails it, and who can do it is away for some minutes.
    @Test func badBoxesBurnNothingWhileAGoodOneIsAway() {
        var story = Story()
        for name in ["good", "b1", "b2", "b3", "b4", "b5"] { story.connect(name) }
        story.when(.jobAdded(plan(segments: 12)))
        story.when(.goodbye(WorkerID("good")))
        story.work(400) { _, _ in true }
        #expect(story.job?.state == .running)
        story.connect("good", epoch: 2)
        story.work(200) { name, _ in name.hasPrefix("b") }
        #expect(story.job?.state == .concatenating)
    }

    @Test func threeBadBoxesFailNoCalibrationThatOthersCanDo() {
        var story = Story()
        for name in ["b1", "b2", "b3", "good"] { story.connect(name) }
        story.when(.jobAdded(plan(segments: 4, pinned: false)))
        story.work(200) { name, _ in name.hasPrefix("b") }
        #expect(story.job?.state == .concatenating, "\(story.job?.failures ?? [])")
    }

    @Test func aWorkerThatFailsCalibrationsThatOthersDoIsSetAside() {
        var story = Story()
        story.connect("bad")
        story.connect("good")
        let jobs = (1...3).map { JobID("job\($0)") }
        for job in jobs {
            story.when(.jobAdded(plan(job, segments: 1, pinned: false)))
            story.when(.failed(WorkerID("bad"), AttemptFailure(attempt: nil, job: job, reason: "x", crashed: true)))
            story.pass(1, alive: ["good": [], "bad": []])
            story.when(.calibrated(WorkerID("good"), Calibration(job: job, shape: shape)))
            story.when(.jobCancelled(job))
        }
        #expect(story.scheduler.workerSnapshots().map { $0.asideReason != nil } == [true, false])
    }

    /// A segment that no engine survives still ends its job, long before every worker has tried it.
    @Test func aCursedSegmentFailsItsJobOnALargeFarm() {
        var story = Story()
        for number in 1...50 { story.connect("w\(number)") }
        story.when(.jobAdded(plan(segments: 100)))
        story.work(100) { _, attempt in attempt.segment.index == 60 }
        #expect(story.job?.state == .failed)
        #expect(story.segments[60].attempts.count <= 12)
        #expect(story.scheduler.workerSnapshots().allSatisfy { $0.asideReason == nil })
    }

    /// A worker that gets on with nothing never fails the segment, and is no reason to hope for ever.
    @Test func aCursedSegmentFailsItsJobBesideAWorkerThatNeverGetsOn() {
        var story = Story { $0.stillness = 20 }
        for name in ["good", "still"] { story.connect(name) }
        story.when(.jobAdded(plan(segments: 12)))
        story.work(5000, still: ["still"]) { _, attempt in attempt.segment.index == 3 }
        #expect(story.job?.state == .failed)
    }

    @Test func threeCursedSegmentsSetNobodyAsideAndFailTheirJob() {
        var story = Story()
        for name in ["alpha", "beta"] { story.connect(name) }
        story.when(.jobAdded(plan(segments: 13)))
        story.work(300) { _, attempt in attempt.segment.index >= 10 }
        #expect(story.job?.state == .failed)
        #expect(story.job?.failures.first?.contains("came to nothing") == true)
        #expect(story.scheduler.workerSnapshots().allSatisfy { $0.asideReason == nil })
    }

    /// Those who did what it fails are gone: a job that fails tells more than one that waits for an operator.
    @Test func aWorkerThatIsAloneIsNotSetAside() {
        var story = Story { $0.absence = 0 }
        story.connect("good")
        story.connect("bad")
        story.when(.jobAdded(plan(segments: 20)))
        story.work(4) { name, attempt in name == "bad" && !attempt.segment.index.isMultiple(of: 2) }
        story.when(.goodbye(WorkerID("good")))
        story.work(300) { _, _ in true }
        #expect(story.scheduler.workerSnapshots().allSatisfy { $0.asideReason == nil })
        #expect(story.job?.state == .failed)
    }

    /// It is alone for one of the jobs.
    @Test func theLastWorkerWithAnEncoderIsNotSetAside() {
        var story = Story()
        story.connect("good")
        var special = hello("bad")
        special.slots[0].encoders = ["ffv1", "libx265"]
        story.when(.workerConnected(WorkerID("bad"), special))
        story.when(.jobAdded(plan(segments: 20)))
        var other = plan(JobID("other"), segments: 1)
        other.needs = JobNeeds(encoder: "libx265")
        other.isPaused = true
        story.when(.jobAdded(other))
        story.work(60) { name, _ in name == "bad" }
        #expect(story.job?.state == .concatenating)
        #expect(story.scheduler.workerSnapshots().allSatisfy { $0.asideReason == nil })
        story.when(.jobCancelled(JobID("other")))
        story.when(.jobAdded(plan(JobID("next"), segments: 20)))
        story.work(60) { name, _ in name == "bad" }
        #expect(story.scheduler.workerSnapshots().map { $0.asideReason != nil } == [false, true])
    }
}
