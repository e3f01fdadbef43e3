import FarmModel
import Foundation
import Machine
import TestSupport
import Testing

@testable import Inference

@Suite struct CalibrationTests {
    /// Runs a search against a made-up device, which answers how long a call takes, or nil for out of memory.
    private func search(
        _ search: CalibrationSearch, budget: Double = 5,
        device: (CalibrationSearch.Trial) -> (seconds: Double, bytes: Double)?
    ) -> (best: (tile: Int, batch: Int), trials: [CalibrationSearch.Trial], spent: Double) {
        var search = search
        var trials: [CalibrationSearch.Trial] = []
        var spent = 0.0
        while let trial = search.next(remaining: budget - spent) {
            trials.append(trial)
            let answer = device(trial)
            spent += answer?.seconds ?? 0
            search.record(trial, answer.map { .took(seconds: $0.seconds, bytes: $0.bytes) } ?? .outOfMemory)
        }
        return (search.best, trials, spent)
    }

    @Test func wholeFramesWhereTilesAreNoFaster() {
        let result = search(
            CalibrationSearch(width: 320, height: 180, halo: 18, tile: nil, batch: nil, triesBatches: false)
        ) { (Double($0.pixels) * 5e-6, 0) }
        #expect(result.best == (0, 1))
        #expect(result.trials.allSatisfy { $0.batch == 1 })
    }

    @Test func tilesWhereWholeFramesAreSlow() {
        let result = search(
            CalibrationSearch(width: 1280, height: 720, halo: 18, tile: nil, batch: nil, triesBatches: false)
        ) { (Double($0.pixels) * ($0.pixels > 100_000 ? 3e-6 : 1e-6), 0) }
        #expect(result.best == (256, 1))
    }

    @Test func aSlowNetworkKeepsTheBudgetAndTakesWholeFrames() {
        let result = search(
            CalibrationSearch(width: 1920, height: 1080, halo: 349, tile: nil, batch: nil, triesBatches: false)
        ) { (Double($0.pixels) * 1e-4, 0) }
        #expect(result.best == (0, 1))
        #expect(result.trials == [.init(width: 64, height: 64, batch: 1)])
        #expect(result.spent < 5)
    }

    @Test func memoryBoundsTheTile() {
        let result = search(
            CalibrationSearch(
                width: 1920, height: 1080, halo: 18, tile: nil, batch: nil, triesBatches: false, memoryLimit: 1e9)
        ) { (Double($0.pixels) * 1e-6, Double($0.pixels) * 3000) }
        #expect(result.best == (512, 1))
        #expect(result.trials.allSatisfy { $0.pixels * 3000 <= 1_000_000_000 })
    }

    @Test func batchesGrowAsLongAsTheyPay() {
        let result = search(
            CalibrationSearch(width: 320, height: 180, halo: 18, tile: nil, batch: nil, triesBatches: true)
        ) { trial in trial.batch > 8 ? nil : (0.01 + Double(trial.pixels) * 1e-8, 0) }
        #expect(result.best == (0, 8))
    }

    @Test func whatTheUserFixedStays() {
        let batch = search(
            CalibrationSearch(width: 320, height: 180, halo: 18, tile: nil, batch: 3, triesBatches: true)
        ) { (Double($0.pixels) * 1e-8, 0) }
        #expect(batch.best == (0, 3))
        #expect(batch.trials.allSatisfy { $0.batch == 3 })
        let both = search(
            CalibrationSearch(width: 320, height: 180, halo: 18, tile: 96, batch: 3, triesBatches: true)
        ) { _ in nil }
        #expect(both.best == (96, 3) && both.trials.isEmpty)
        let tile = search(
            CalibrationSearch(width: 320, height: 180, halo: 18, tile: 96, batch: nil, triesBatches: true)
        ) { (0.01 + Double($0.pixels) * 1e-9, 0) }
        #expect(tile.best.tile == 96 && tile.best.batch == 16)
    }

    @Test func aCalibrationIsRememberedForItsKeyOnly() async throws {
        let path = try await StandIn.blur2.path
        let directory = try await Fixtures.shared.file("calibrations") { _ in }
        let cache = CalibrationCache(directory: directory)
        var calibration = Calibration(
            model: try ModelFile.validate(path), source: .file(path), device: .cpu, width: 96, height: 64, threads: 2)
        calibration.budget = 1
        let shape = try calibration.shape(cache: cache)
        #expect(shape.batch == 1 && shape.precision == .fp32)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(files.count == 1)
        // A remembered shape is taken as it is: plant another one under the same key, and find it again.
        let planted = ExecutionShape(tile: 48, batch: 2, precision: .fp32)
        cache[try CalibrationKey(calibration)] = planted
        #expect(try calibration.shape(cache: cache) == planted)
        // One of two engines on a device tries for itself, and one alone finds its own again.
        calibration.share = 2
        #expect(try CalibrationKey(calibration).share == 2 && calibration.shape(cache: cache) != planted)
        calibration.share = 1
        #expect(try calibration.shape(cache: cache) == planted)
        // Another build's kernels may be as fast at another shape.
        var other = try CalibrationKey(calibration)
        #expect(other.program == ThisProgram.build && !ThisProgram.build.isEmpty)
        other.program = "another"
        #expect(cache[other] == nil)
        calibration.width = 100
        calibration.tile = 32
        calibration.batch = 1
        #expect(try calibration.shape(cache: cache) == ExecutionShape(tile: 32, batch: 1, precision: .fp32))
    }

    @Test func memoryThatIsTouchedShowsInThePeak() {
        let size = 64 << 20
        // Tests beside this one may give memory back at the same time.
        let shows = (0..<100).contains { _ in
            MemoryUse.resetPeak()
            let before = MemoryUse.peak
            let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
            block.initializeMemory(as: UInt8.self, repeating: 1, count: size)
            block.deallocate()
            return before > 0 && MemoryUse.peak - before > Double(size) * 0.9
        }
        #expect(shows)
        #expect(MemoryUse.available > Double(size))
    }
}
