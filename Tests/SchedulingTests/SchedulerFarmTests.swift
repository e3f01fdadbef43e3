import FarmModel
import FarmProtocol
import Scheduling
import SchedulingSupport
import Testing

/// What people ask for while a farm is at work, and which slot suits which job.
@Suite struct SchedulerFarmTests {
    private let second = JobID("film2")

    @Test func theJobOfHigherPriorityGoesFirstThenTheOlder() {
        var story = Story()
        var (low, young, old) = (plan(segments: 2), plan(second, segments: 2), plan(JobID("film3"), segments: 2))
        (low.priority, low.order, young.order, old.order) = (-1, 1, 3, 2)
        for job in [low, young, old] { story.when(.jobAdded(job)) }
        #expect(
            story.connect("alpha", slots: 3).leased.map(\.segment.job.rawValue) == [
                "film3", "film3", "film2", "film2", "film1", "film1",
            ])
    }

    @Test func aPriorityThatIsChangedHoldsFromTheNextLeaseOn() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 9)))
        story.when(.jobAdded(plan(second, segments: 9)))
        #expect(story.when(.jobPriority(second, 5)) == [.persist([.priority(second, 5)])])
        #expect(story.deliver(attempt(0), from: "alpha").leased == [attempt(0, of: second)])
        #expect(story.scheduler.snapshots().map(\.id) == [second, film])
        #expect(story.when(.jobPriority(second, 5)) == [])
    }

    @Test func aPausedJobFinishesWhatIsLeasedAndTakesNoMore() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 4)))
        #expect(story.when(.jobPaused(film)) == [.persist([.paused(film, true)])])
        #expect(story.deliver(attempt(0), from: "alpha").leased == [])
        #expect(story.job?.waits.map(\.code) == [.paused])
        #expect(story.when(.jobResumed(film)).leased == [attempt(2)])
        #expect(story.job?.waits == [])
    }

    @Test func aPausedJobIsNotCalibrated() {
        var story = Story()
        var paused = plan(segments: 1, pinned: false)
        paused.isPaused = true
        story.connect("alpha")
        #expect(story.when(.jobAdded(paused)) == [])
        #expect(story.when(.jobResumed(film)).contains(.calibrate(WorkerID("alpha"), slot: 0, film)))
    }

    @Test func anUrgentJobIsCalibratedByTheFirstSlotThatComesFree() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 9)))
        var urgent = plan(second, segments: 2, pinned: false)
        urgent.priority = 1
        story.when(.jobAdded(urgent))
        #expect(story.deliver(attempt(0), from: "alpha").leased == [])
        #expect(story.scheduler.snapshot(of: second)?.waits.map(\.code) == [.calibration])
        #expect(story.deliver(attempt(1), from: "alpha").contains(.calibrate(WorkerID("alpha"), slot: 0, second)))
    }

    @Test func aSlotTakesOnlyWhatItCanDo() {
        var story = Story()
        var (x265, large, half) = (plan(segments: 1), plan(second, segments: 1), plan(JobID("film3"), segments: 1))
        x265.needs = JobNeeds(encoder: "libx265")
        large.needs = JobNeeds(memory: 8 << 30)
        half.shape = ExecutionShape(tile: 0, batch: 1, precision: .fp16)
        for job in [x265, large, half] { story.when(.jobAdded(job)) }
        #expect(story.connect("alpha").leased == [])
        #expect(story.job?.waits == [WaitReason(.noEncoder, "no worker has the encoder libx265 (offered: ffv1)")])
        #expect(story.scheduler.snapshot(of: second)?.waits.map(\.code) == [.noMemory])
        #expect(story.scheduler.snapshot(of: JobID("film3"))?.waits.map(\.code) == [.noDevice])
        var able = hello("beta", slots: 2)
        able.slots[0] = SlotDescription(
            device: "cuda:0", deviceModel: "", versions: [:], memory: 16 << 30, encoders: ["libx265"])
        let leases = story.when(.workerConnected(WorkerID("beta"), able)).leases
        #expect(leases.map(\.slot) == [0, 0])
        #expect(leases.map(\.attempt.segment.job) == [film, second])
        #expect(story.deliver(attempt(0), from: "beta").leased == [attempt(0, of: JobID("film3"))])
    }

    @Test func anOperatorDrainsAWorkerByItsName() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 4)))
        #expect(story.when(.drainWorker("alpha")) == [.persist([.workerDrained(name: "alpha", true)])])
        #expect(story.deliver(attempt(0), from: "alpha").leased == [])
        #expect(story.deliver(attempt(1), from: "alpha").leased == [])
        #expect(story.job?.waits.map(\.code) == [.drained])
        #expect(story.connect("alpha", epoch: 2).leased == [])
        #expect(story.scheduler.workerSnapshots().map(\.isDrained) == [true])
        #expect(story.when(.undrainWorker("alpha")).leased == [attempt(2), attempt(3)])
        #expect(story.when(.drainWorker("nobody")) == [])
    }

    @Test func aWorkerThatLeavesIsNotCalledDrained() {
        var story = Story()
        story.connect("alpha")
        story.connect("beta")
        story.when(.drain(WorkerID("alpha")))
        story.when(.drainWorker("beta"))
        story.when(.jobAdded(plan(segments: 4)))
        #expect(
            story.job?.waits == [
                WaitReason(.drained, "drained (`undrain`): beta"), WaitReason(.leaving, "about to leave: alpha"),
            ])
    }

    @Test func aSegmentThatWaitsForAnotherWorkerSaysSoBesideIdleSlots() {
        var story = Story()
        story.connect("alpha")
        var able = hello("busy")
        able.slots[0].encoders = ["ffv1", "libx265"]
        story.when(.workerConnected(WorkerID("busy"), able))
        var other = plan(second, segments: 2)
        other.needs = JobNeeds(encoder: "libx265")
        story.when(.jobAdded(other))
        story.when(.jobAdded(plan(segments: 1)))
        story.crash(attempt(0), on: "alpha")
        story.pass(2, alive: ["alpha": [], "busy": [attempt(0, of: second), attempt(1, of: second)]])
        #expect(
            story.job?.waits == [
                WaitReason(.untried, "work came to nothing on alpha, and waits a while for another worker")
            ])
    }

    @Test func whatTheStoreHoldsOfAWorkerHoldsForItsNextProcess() {
        var story = Story()
        story.when(.workerKnown(WorkerRecord(name: "alpha", isDrained: true)))
        story.when(.workerKnown(WorkerRecord(name: "beta", asideReason: "bad memory")))
        story.when(.jobAdded(plan(segments: 1)))
        #expect(story.connect("alpha").leased == [])
        #expect(story.connect("beta").leased == [])
        #expect(story.job?.waits.map(\.code) == [.aside, .drained])
        #expect(story.when(.reinstateWorker("beta")).leased == [attempt(0)])
    }

    @Test func aJobSaysWhyNobodyWorksOnIt() {
        var story = Story()
        story.when(.jobAdded(plan(segments: 2)))
        #expect(story.job?.waits == [WaitReason(.noWorker, "no worker is connected")])
        story.connect("alpha")
        #expect(story.job?.waits == [])
        story.when(.jobAdded(plan(second, segments: 1)))
        #expect(story.scheduler.snapshot(of: second)?.waits.map(\.code) == [.behind])
        story.crash(attempt(0), on: "alpha")
        story.when(.workerGone(WorkerID("alpha")))
        story.when(.jobCancelled(second))
        story.connect("beta")
        story.pass(33)
        #expect(story.job?.waits.map(\.code) == [.silent])
    }

    @Test func afterAFailureItSaysWhenItGoesOn() {
        var story = Story { $0.backOff = 10 }
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        story.crash(attempt(0), on: "alpha")
        #expect(story.job?.waits == [WaitReason(.backOff, "after a failure, its next attempt is due in 10 s")])
    }

    @Test func aFullDiskHoldsLeasesAndJoiningAndNothingFails() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 3)))
        #expect(story.when(.diskFull(reason: "no space")) == [])
        #expect(story.deliver(attempt(0), from: "alpha").leased == [])
        let held = story.when(.deliveryHeld(WorkerID("alpha"), attempt(1), reason: "no space"))
        #expect(held.contains(.ended(attempt(1), .withdrawn(reason: "no space"))))
        #expect(held.contains(.discard(attempt(1))))
        #expect(story.job?.waits == [WaitReason(.diskFull, "no space")])
        #expect(story.job?.failures.count == 1)
        #expect(story.when(.diskFree).leased == [attempt(2)])
        story.deliver(attempt(2), from: "alpha")
        story.pass(6, alive: ["alpha": []])
        story.when(.diskFull(reason: "no space"))
        #expect(!story.deliver(attempt(1, 2), from: "alpha").contains(.jobReady(film)))
        #expect(story.job?.waits == [WaitReason(.diskFull, "no space")])
        #expect(story.when(.diskFree) == [.jobReady(film)])
    }

    @Test func joiningThatLacksSpaceIsTriedAgain() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 1)))
        story.deliver(attempt(0), from: "alpha")
        #expect(story.when(.concatHeld(film, reason: "/films is full")) == [])
        #expect(story.job?.state == .concatenating)
        #expect(story.job?.waits == [WaitReason(.diskFull, "/films is full")])
        #expect(story.pass(60).contains(.jobReady(film)))
        #expect(story.when(.concatenated(film)).changes == [.state(film, .done, reasons: [])])
    }

    @Test func aResultWhoseFileIsGoneIsMadeAgain() {
        var story = Story()
        story.connect("alpha")
        story.when(.jobAdded(plan(segments: 2)))
        story.deliver(attempt(0), from: "alpha")
        let again = story.when(.resultMissing(attempt(0), reason: "gone"))
        #expect(again.changes.first == .retracted(attempt(0), reason: "gone"))
        #expect(again.leased == [attempt(0, 2)])
        #expect(story.job?.segmentsAccepted == 0)
        #expect(story.when(.resultMissing(attempt(0), reason: "gone")) == [])
    }

    @Test func aResultMayBeFoundMissingBeforeItsJobIsAdded() {
        var old = plan(segments: 1)
        old.state = .concatenating
        old.segments[0].attempts = [AttemptRecord(number: 1, worker: "alpha", slot: 0, outcome: .accepted)]
        old.segments[0].result = result(attempt(0))
        var story = Story()
        #expect(story.when(.resultMissing(attempt(0), reason: "gone")) == [])
        let added = story.when(.jobAdded(old))
        #expect(added.changes == [.retracted(attempt(0), reason: "gone"), .state(film, .running, reasons: [])])
        #expect(!added.contains(.jobReady(film)))
        #expect(story.connect("alpha").leased == [attempt(0, 2)])
    }

    @Test func severalEventsAreCommittedTogetherInTheirOrder() {
        var (one, many) = (Story(), Story())
        let events: [SchedulerEvent] = [
            .workerConnected(WorkerID("alpha"), hello("alpha")), .jobAdded(plan(segments: 3)),
            .delivered(WorkerID("alpha"), result(attempt(0))),
        ]
        let single = events.flatMap { one.when($0) }
        let batch = many.scheduler.handle(events, at: 0)
        #expect(batch.isDurableFirst)
        #expect(batch.changes == single.changes)
        #expect(batch.dropFirst() == single.filter { if case .persist = $0 { false } else { true } }[...])
    }

    @Test func anEndedJobIsForgottenWhenToldSo() {
        var story = Story()
        story.when(.jobAdded(plan(segments: 1)))
        story.when(.jobRemoved(film))
        #expect(story.job != nil)
        story.when(.jobCancelled(film))
        #expect(story.when(.jobRemoved(film)) == [])
        #expect(story.job == nil && story.scheduler.snapshots() == [])
    }

    @Test func aWorkerThatIsAwayIsForgottenUnlessAnOperatorDecidedAboutIt() {
        var story = Story {
            $0.workerMemory = 100
            $0.stall = 1000
        }
        for name in ["alpha", "beta", "gamma"] { story.connect(name) }
        story.when(.drainWorker("beta"))
        for name in ["alpha", "beta"] { story.when(.workerGone(WorkerID(name))) }
        #expect(story.scheduler.workerSnapshots().map(\.isConnected) == [true, false, false])
        story.pass(101, alive: ["gamma": []])
        #expect(story.scheduler.workerSnapshots().map(\.name) == ["gamma", "beta"])
    }
}

extension [SchedulerAction] {
    func contains(_ change: QueueChange) -> Bool { changes.contains(change) }
}
