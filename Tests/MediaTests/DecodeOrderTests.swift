import Testing

@testable import Media

@Suite struct DecodeOrderTests {
    /// What every muxer demands.
    private func check(_ presentation: [Int64], step: Int64, delay: Int) throws {
        let order = try DecodeOrder(presentation: presentation, step: step)
        let decoding = presentation.indices.map(order.decoding)
        #expect(order.delay == delay)
        #expect(zip(decoding, decoding.dropFirst()).allSatisfy { $0 < $1 })
        #expect(zip(decoding, presentation).allSatisfy { $0 <= $1 })
    }

    @Test func ascendsAcrossJoinsForEveryPattern() throws {
        try check([0, 1, 2, 3], step: 1, delay: 0)
        try check([0, 40, 80, 120], step: 40, delay: 0)
        // I P b b | I | I P
        try check([0, 120, 40, 80, 160, 200, 240], step: 40, delay: 1)
        // pyramids, joined behind a segment of one frame
        try check([0, 40, 200, 120, 80, 160, 360, 280, 240, 320], step: 40, delay: 2)
        // variable, negative, with a long gap
        try check([-50, 3, 1, 2, 9000, 9500, 9001, 9400], step: 40, delay: 1)
    }

    @Test func durationsReachTheNextFrameShown() throws {
        let order = try DecodeOrder(presentation: [0, 100, 33, 71], step: 40)
        #expect([0, 33, 71, 100].map(order.duration) == [33, 38, 29, 40])
        let told = try DecodeOrder(presentation: [0, 100, 33, 71], step: 40, end: 700)
        #expect([71, 100].map(told.duration) == [29, 600])
        #expect(!order.isConstantRate)
    }

    @Test func constantRateForgivesTheTickOfRounding() throws {
        #expect(try DecodeOrder(presentation: [0, 42, 83, 125, 167], step: 42).isConstantRate)
        #expect(try !DecodeOrder(presentation: [0, 42, 83, 145, 167], step: 42).isConstantRate)
        #expect(try !DecodeOrder(presentation: [0, 42, 83, 125, 167], step: 42, end: 900).isConstantRate)
        #expect(try DecodeOrder(presentation: [7], step: 42).isConstantRate)
        #expect(try DecodeOrder(presentation: [], step: 42).count == 0)
    }

    @Test func refusesTheSameTimestampTwice() {
        #expect(throws: MediaError.self) { try DecodeOrder(presentation: [0, 2, 1, 2], step: 1) }
    }
}
