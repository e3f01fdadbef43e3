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

    @Test func aBatchIsTimedAsOneCall() throws {
        let times = try bench.times(width: 8, height: 6, batch: 3, rounds: 2)
        #expect(times.own.count == 2 && times.own.allSatisfy { $0 > 0 })
    }

    /// 17 layers: 3 to 64 channels, 16 times 64 to 64, 64 to 48.
    @Test func operationsAreThoseOfDirectSums() throws {
        let folder = try #require(RealModel.directory)
        let model = NetworkBench(model: .file("\(folder)/realesr-animevideov3-x4.pt"), device: .cpu, threads: 1)
        let products = 9.0 * Double(3 * 64 + 16 * 64 * 64 + 64 * 48)
        #expect(try model.operations(width: 320, height: 180) == 2 * products * 320 * 180)
        #expect(try bench.operations(width: 320, height: 180) == 0)
    }

    @Test func theDeviceHasAPeak() throws { #expect(try bench.peak() > 1e8) }

    @Test func valuesThatAreNoPictureAreRefused() {
        let error = #expect(throws: InferenceError.self) {
            try bench.evaluate([0, 1, 2], width: 2, height: 1, engine: .auto)
        }
        #expect(error?.message.contains("3 values are no picture of 2x1") == true)
    }
}
