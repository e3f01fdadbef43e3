import FarmModel
import FarmProtocol
import Foundation
import Inference

/// Finds how its device runs a job best; on a thread of its own, for it runs the network.
struct Calibrator: Sendable {
    let device: Device
    let threads: Int
    /// Engines that share the device.
    let share: Int
    /// Where findings are remembered.
    let cache: String

    func calibrate(_ request: CalibrationRequest, modelPath: String?) async throws -> FarmProtocol.Calibration {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try measure(request, modelPath) }) }
            thread.name = "calibration"
            thread.stackSize = 16 << 20
            thread.start()
        }
    }

    private func measure(_ request: CalibrationRequest, _ modelPath: String?) throws -> FarmProtocol.Calibration {
        let recipe = request.recipe
        var calibration = Inference.Calibration(
            model: recipe.model, source: modelPath.map { .file($0) } ?? .nearest(recipe.scale), device: device,
            width: recipe.input.width, height: recipe.input.height, precision: request.precision, threads: threads,
            engine: recipe.cpuEngine, tile: request.tile, batch: request.batch,
            reserved: recipe.blendMemory(batch: 0) + recipe.encoding.deviceMemory)
        calibration.reservedAPicture = recipe.blendMemory(batch: 1) - recipe.blendMemory(batch: 0)
        calibration.share = share
        let shape = try calibration.shape(cache: CalibrationCache(directory: cache))
        return FarmProtocol.Calibration(job: request.job, shape: shape)
    }
}
