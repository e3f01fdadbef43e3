import FarmModel
import Media
import Testing

@Suite struct FrameSelectorTests {
    private func numbers(_ frames: [FrameSelector<String>.Frame]) -> [Int] { frames.map(\.number) }

    @Test func picksThePromised() {
        var selector = FrameSelector<String>(context: FrameRange(10, 13), timestamps: [100, 110, 120])
        #expect(numbers(selector.accept("run-up", timestamp: 90)).isEmpty)
        #expect(numbers(selector.accept("unknown", timestamp: nil)).isEmpty)
        #expect(selector.accept("a", timestamp: 100).map(\.picture) == ["a"])
        #expect(numbers(selector.accept("again", timestamp: 100)).isEmpty)
        #expect(numbers(selector.accept("b", timestamp: 110)) == [11])
        #expect(!selector.isComplete)
        #expect(numbers(selector.accept("c", timestamp: 120)) == [12])
        #expect(selector.isComplete)
        #expect(numbers(selector.accept("behind", timestamp: 130)).isEmpty)
        #expect(numbers(selector.finish()).isEmpty)
        #expect(selector.missing.isEmpty)
    }

    @Test func waitsForLatePictures() {
        var selector = FrameSelector<String>(context: FrameRange(0, 4), timestamps: [0, 1, 2, 3])
        #expect(numbers(selector.accept("", timestamp: 2)).isEmpty)
        #expect(numbers(selector.accept("", timestamp: 0)) == [0])
        #expect(numbers(selector.accept("", timestamp: 1)) == [1, 2])
        #expect(numbers(selector.finish()).isEmpty)
        #expect(selector.missing == [3])
    }

    @Test func givesUpWaiting() {
        let window = FrameSelector<Int>.window
        var selector = FrameSelector<Int>(context: FrameRange(0, 100), timestamps: (0..<100).map { Int64($0) })
        for time in 1...window { #expect(selector.accept(time, timestamp: Int64(time)).isEmpty) }
        #expect(selector.accept(0, timestamp: Int64(window + 1)).map(\.number) == Array(1...window + 1))
        #expect(selector.missing == [0])
        #expect(selector.accept(0, timestamp: 0).isEmpty)
        #expect(selector.finish().isEmpty)
        #expect(selector.missing == [0] + Array(window + 2..<100))
    }
}
