import FarmModel
import Testing

struct StageLimitTests {
    private func limit(busy: Double, starved: Double, blocked: Double) -> StageTimes.Limit? {
        var times = StageTimes()
        times.inference = .init(busy: busy, starved: starved, blocked: blocked)
        return times.limit
    }

    @Test func theStageThatTheDeviceWaitsForLimits() {
        #expect(limit(busy: 0, starved: 0, blocked: 0) == nil)
        #expect(limit(busy: 95, starved: 3, blocked: 2) == .network)
        #expect(limit(busy: 50, starved: 40, blocked: 10) == .decoding)
        #expect(limit(busy: 50, starved: 1, blocked: 49) == .encoding)
    }
}
