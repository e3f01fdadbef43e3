import FarmModel
import Testing

@testable import Inference

/// A network by itself, as `worker bench --size` and `worker evaluate` have it.
@Suite struct NetworkBenchTests {
    private let bench = NetworkBench(model: .nearest(2), device: .cpu, threads: 1)

    @Test func everyCallButTheFirstIsTimedInBothEngines() throws {
        let times = try bench.times(width: 8, height: 6, rounds: 3)
        #expect(times.own.count == 3 && times.torch.count == 3)
        #expect((times.own + times.torch).allSatisfy { $0 > 0 })
    }

    @Test(arguments: CPUEngine.allCases) func valuesComeOutInPlanes(engine: CPUEngine) throws {
        let made = try bench.evaluate([0, 1, 2, 3, 4, 5], width: 2, height: 1, engine: engine)
        #expect(made == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3, 4, 4, 5, 5, 4, 4, 5, 5])
    }

    @Test func valuesThatAreNoPictureAreRefused() {
        let error = #expect(throws: InferenceError.self) {
            try bench.evaluate([0, 1, 2], width: 2, height: 1, engine: .auto)
        }
        #expect(error?.message.contains("3 values are no picture of 2x1") == true)
    }
}
