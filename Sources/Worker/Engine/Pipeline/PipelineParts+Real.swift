import EngineProtocol
import FarmModel
import FarmProtocol
import Foundation
import Inference
import Machine
import Media

extension PipelineParts {
    /// libav, libtorch and the encoders.
    /// - Parameter underWay: as `Upscaler` has it.
    static func real(
        device: Device, threads: Int, decoding: DecodingUnit = .cpu, underWay: Int? = nil,
        notice: @escaping @Sendable (String) -> Void
    ) -> PipelineParts {
        let sources = SegmentSources(decoding, on: device, notice: notice)
        let upscalers = UpscalerCache(device: device, threads: threads, underWay: underWay, notice: notice)
        return PipelineParts(
            source: { try sources.source(of: $0) },
            upscaler: { try upscalers.upscaler(for: $0) },
            sink: { try SegmentEncoder(order: $0, threads: threads, device: device) },
            verify: { try EncodedSegment.verify($0, missing: $1) })
    }
}

/// Keeps the last upscaler: the segments of a job share it, so that the model is loaded and warmed once.
// Sendable by hand: only the pipeline's inference thread calls it.
private final class UpscalerCache: @unchecked Sendable {
    private let device: Device
    private let threads: Int
    private let underWay: Int?
    private let notice: @Sendable (String) -> Void
    private var last: (key: Recipe, upscaler: Upscaler)?

    init(device: Device, threads: Int, underWay: Int?, notice: @escaping @Sendable (String) -> Void) {
        self.device = device
        self.threads = threads
        self.underWay = underWay
        self.notice = notice
    }

    func upscaler(for order: SegmentOrder) throws -> any PictureUpscaler {
        let (upscaler, radius) = (try upscaler(of: order), order.task.recipe.temporalBlend)
        upscaler.drop()
        guard radius > 0 || upscaler.window > 1 else { return upscaler }
        return ContextUpscaler(upscaler, blendRadius: radius, given: order.task.range)
    }

    private func upscaler(of order: SegmentOrder) throws -> Upscaler {
        let recipe = order.task.recipe
        if let last, last.key == recipe { return last.upscaler }
        guard let shape = recipe.execution else {
            throw InferenceError(.failed, "segment \(order.task.attempt) was leased before its job was calibrated")
        }
        last = nil  // gives its memory back before the next takes it
        let upscaler = try Upscaler(
            model: order.modelPath.map { .file($0) } ?? .nearest(recipe.scale), device: device, input: recipe.input,
            output: recipe.encoding.picture, scale: recipe.scale, shape: shape, threads: threads,
            engine: recipe.cpuEngine, blendRadius: recipe.temporalBlend, underWay: underWay, onFallback: notice)
        last = (recipe, upscaler)
        if let kernels = try upscaler.ownKernels { notice(kernels) }
        return upscaler
    }
}
