import FarmModel
import Foundation
import Inference
import Models
import TestSupport
import Testing

@testable import EngineCore

/// What `worker bench` measures is done: every frame of what it says.
@Suite struct BenchTests {
    @Test(arguments: [BenchMode.decode, .bare, .network, .encode, .pipeline, .unencoded, .sequential])
    func everyModeDoesItsWork(mode: BenchMode) async throws {
        let film = try await Fixtures.shared.film(.x264Closed)
        let bench = Bench(
            film: film, model: try ModelLibrary().resolve("nearest", scale: 2), device: .cpu, threads: 1,
            encoding: BenchEncoding(preset: "ultrafast"), batch: 2)
        let result = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try bench.run(mode) }) }
        }
        #expect(result.frames > 0 && result.seconds > 0 && result.cpuSeconds > 0)
        #expect(result.cpuSeconds < result.seconds * 64)
        let rest = try #require(result.settled == nil ? 1 : result.settled?.frames)
        #expect((result.settled != nil) == [.pipeline, .unencoded].contains(mode) && rest < result.frames)
    }
}
