import FarmModel
import Testing

@Suite struct CountingTests {
    @Test func oneIsOne() {
        #expect([0, 1, 2].map { $0.counting("frame") } == ["0 frames", "1 frame", "2 frames"])
    }
}
