import FarmModel
import SchedulingSupport
import Testing

@testable import Scheduling

/// Workers that fall silent without a word of farewell.
@Suite struct SchedulerSilenceTests {
    @Test func aWorkerThatIsSilentForLongIsConnectedNoMore() {
        var story = Story()
        story.connect("alpha")
        story.pass(500)
        #expect(story.scheduler.connectionCount == 1)
        story.pass(200)
        #expect(story.scheduler.connectionCount == 0)
        #expect(story.when(.heartbeat(WorkerID("alpha"), beat([]))) == [.stranger(WorkerID("alpha"))])
    }

    @Test func aClockThatWentBackLocksNoBoxOut() {
        var story = Story()
        story.connect("alpha", epoch: 9, as: "old")
        #expect(!story.connect("alpha", epoch: 1, as: "new").contains(.welcome(WorkerID("new"))))
        story.pass(40)
        #expect(story.connect("alpha", epoch: 1, as: "new").contains(.welcome(WorkerID("new"))))
    }
}
