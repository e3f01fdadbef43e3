import Testing

@testable import CoordinatorCore

@Suite struct HeartbeatPaceTests {
    private let pace = HeartbeatPace(usual: 1, leaseLifetime: 30)

    @Test(arguments: [0, 1, 50, 200]) func aSmallFarmKeepsTheUsualPace(workers: Int) {
        #expect(pace.interval(workers: workers) == 1)
    }

    @Test func aLargeFarmSaysLess() { #expect(pace.interval(workers: 600) == 3) }

    @Test func aLeaseOutlivesSeveralHeartbeats() { #expect(pace.interval(workers: 100_000) == 5) }

    @Test func aShortLifetimeDoesNotHurryThem() {
        #expect(HeartbeatPace(usual: 1, leaseLifetime: 2).interval(workers: 1000) == 1)
    }
}
