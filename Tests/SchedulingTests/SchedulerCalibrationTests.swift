import FarmModel
import FarmProtocol
import Scheduling
import SchedulingSupport
import Testing

/// A job whose execution shape is not fixed is calibrated by one slot before anything is leased.
@Suite struct SchedulerCalibrationTests {
    private func calibrated(_ shape: ExecutionShape = shape) -> Calibration {
        Calibration(job: film, shape: shape, framesPerSecond: 10)
    }

    private func failure(_ reason: String) -> AttemptFailure {
        AttemptFailure(attempt: nil, job: film, reason: reason, crashed: false)
    }

    @Test func oneIdleSlotCalibratesAndThenAllWork() {
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        let first = story.when(.jobAdded(plan(segments: 4, pinned: false)))
        #expect(first == [.calibrate(WorkerID("alpha"), slot: 0, film)])
        #expect(story.job?.isCalibrating == true)
        let pinned = story.when(.calibrated(WorkerID("alpha"), calibrated()))
        #expect(pinned.changes.first == .pinned(film, shape))
        #expect(pinned.leases.map(\.worker) == ["alpha", "beta", "alpha", "beta"])
        #expect(story.job?.shape == shape)
    }

    @Test func otherJobsAreWorkedOnMeanwhile() {
        let second = JobID("film2")
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        story.when(.jobAdded(plan(segments: 1, pinned: false)))
        #expect(story.when(.jobAdded(plan(second, segments: 3))).leases.map(\.worker) == ["beta", "beta"])
    }

    @Test func anotherSlotTakesOverFromAWorkerThatIsGone() {
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        story.when(.jobAdded(plan(segments: 1, pinned: false)))
        #expect(story.when(.workerGone(WorkerID("alpha"))) == [.calibrate(WorkerID("beta"), slot: 0, film)])
        // Too late, and no longer known: still a shape like any other, but from a stranger.
        #expect(story.when(.calibrated(WorkerID("alpha"), calibrated())) == [])
        #expect(story.when(.calibrated(WorkerID("beta"), calibrated())).leased == [attempt(0)])
    }

    /// The word to calibrate may have gone with the old connection.
    @Test func onANewConnectionACalibrationIsAskedForAgain() {
        var story = Story()
        story.connect("alpha", slots: 2, as: "first")
        story.when(.jobAdded(plan(segments: 1, pinned: false)))
        let again = story.connect("alpha", slots: 2, as: "second")
        #expect(again == [.welcome(WorkerID("second")), .calibrate(WorkerID("second"), slot: 0, film)])
        #expect(story.connect("alpha", slots: 2, as: "second") == [.welcome(WorkerID("second"))])
        #expect(story.when(.calibrated(WorkerID("second"), calibrated())).leased == [attempt(0)])
        #expect(story.connect("alpha", slots: 2, as: "third", holding: [attempt(0)]) == [.welcome(WorkerID("third"))])
    }

    @Test func anotherSlotTakesOverFromASilentWorkerAndTheFirstShapeCounts() {
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        story.when(.jobAdded(plan(segments: 3, pinned: false)))
        let handed = story.pass(121, alive: ["beta": []])
        #expect(handed == [.calibrate(WorkerID("beta"), slot: 0, film)])
        let woken = ExecutionShape(tile: 96, batch: 1, precision: .fp32)
        #expect(
            story.when(.calibrated(WorkerID("alpha"), calibrated(woken))).leases.map(\.worker) == ["alpha", "alpha"])
        #expect(story.job?.shape == woken)
        // beta's slot is free again once it has answered; its shape changes nothing.
        #expect(story.when(.calibrated(WorkerID("beta"), calibrated())).leases.map(\.worker) == ["beta"])
        #expect(story.job?.shape == woken)
    }

    @Test func threeFailuresFailTheJob() {
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        story.when(.jobAdded(plan(segments: 1, pinned: false)))
        story.when(.failed(WorkerID("alpha"), failure("out of memory")))
        #expect(story.pass(1, alive: ["alpha": [], "beta": []]) == [.calibrate(WorkerID("beta"), slot: 0, film)])
        story.when(.calibrated(WorkerID("beta"), calibrated(ExecutionShape(tile: 0, batch: 0, precision: .fp32))))
        #expect(story.pass(2, alive: ["alpha": [], "beta": []]) == [.calibrate(WorkerID("alpha"), slot: 0, film)])
        let end = story.when(.failed(WorkerID("alpha"), failure("no such model")))
        #expect(end.failureReasons?.count == 4)
        #expect(end.failureReasons?.last == "calibration on alpha, slot 0: no such model")
        #expect(story.job?.state == .failed)
    }

    @Test func aCalibrationThatNeverEndsIsGivenUp() {
        var story = Story { $0.calibrationLimit = 60 }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1, pinned: false)))
        #expect(story.pass(60, alive: ["alpha": []]) == [])
        #expect(story.pass(2, alive: ["alpha": []]) == [.calibrate(WorkerID("alpha"), slot: 0, film)])
        #expect(story.job?.failures == ["calibration on alpha, slot 0: no result within 60 s"])
    }

    @Test func aSlotWhoseJobWasCancelledMeanwhileComesFreeInTheEnd() {
        var story = Story { $0.calibrationLimit = 60 }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1, pinned: false)))
        story.when(.jobCancelled(film))
        story.when(.jobAdded(plan(JobID("film2"), segments: 1)))
        #expect(story.pass(60, alive: ["alpha": []]).leased == [])
        #expect(story.pass(1, alive: ["alpha": []]).leased == [attempt(0, of: JobID("film2"))])
    }

    @Test func aJobDoesNotWaitForEverForASlotThatIsBusy() {
        var story = Story()
        story.connect("alpha")
        story.connect("busy")
        story.when(.jobAdded(plan(JobID("film2"), segments: 1)))
        story.when(.workerGone(WorkerID("alpha")))
        story.connect("alpha", epoch: 2)
        story.when(.jobAdded(plan(segments: 1, pinned: false)))
        #expect(story.job?.isCalibrating == true)
        story.when(.failed(WorkerID("busy"), failure("out of memory")))
        story.when(.failed(WorkerID("alpha"), failure("out of memory")))
        let later = story.pass(70, alive: ["alpha": [attempt(0, of: JobID("film2"))], "busy": []])
        #expect(later.contains { if case .calibrate(_, _, film) = $0 { true } else { false } })
    }

    @Test func aResumedJobKeepsItsShape() throws {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1, pinned: false)))
        story.when(.calibrated(WorkerID("alpha"), calibrated()))
        let kept = try #require(story.scheduler.plan(of: film))
        story = Story()
        story.connect("beta")
        #expect(story.when(.jobAdded(kept)) == [])
        #expect(story.pass(31, alive: ["beta": []]).leased == [attempt(0, 2)])
    }
}
