internal import EngineProtocol
internal import FarmModel
internal import FarmProtocol
public import Foundation
public import Inference
public import Machine
internal import Processes

/// The engine process: one device's pipeline, driven over standard input and output.
///
/// It is a process of its own because decoders and drivers parse what strangers made: a film that crashes one costs an
/// attempt, and the worker starts the next engine. It lives as long as its worker: the end of its input ends it.
public final class Engine: Sendable {
    private let device: Device
    private let output: LineWriter
    private let pipeline: Pipeline
    private let calibrator: Calibrator
    private let watch: DeviceWatch

    /// - Parameters:
    ///   - threads: processor threads for inference on the CPU, and for the encoder.
    ///   - cache: directory where calibrations are remembered.
    ///   - decoding: what decodes; hardware where it can.
    ///   - share: engines that share the device.
    public init(
        device: Device, threads: Int, cache: String, decoding: DecodingUnit = .cpu, share: Int = 1, output: FileHandle
    ) {
        let writer = LineWriter(output)
        self.device = device
        self.output = writer
        let notice: @Sendable (String) -> Void = { try? writer.write(EngineEvent.notice($0)) }
        calibrator = Calibrator(device: device, threads: threads, share: share, cache: cache)
        let parts = PipelineParts.real(device: device, threads: threads, decoding: decoding, notice: notice)
        let encoding = EncodingNotice()
        let watch = Self.watch(device, writer)
        self.watch = watch
        pipeline = Pipeline(parts: parts, depth: 16, decodesAhead: device != .cpu) { event in
            if case .finished(let result) = event, let text = encoding.text(for: result, on: "\(device)") {
                notice(text)
            }
            if case .failed(_, let error) = event { watch.look(after: error) }
            // Before the event: who hears of the failure finds the log complete.
            if let attempt = event.ended { Self.mark(AttemptMark.end(of: attempt)) }
            // A worker that is gone cannot be told; the end of input ends this process.
            try? writer.write(Self.line(for: event))
        }
    }

    private static func watch(_ device: Device, _ writer: LineWriter) -> DeviceWatch {
        DeviceWatch(
            loss: { device == .cpu ? nil : InferenceRuntime.loss(of: device) },
            end: { loss in
                try? writer.write(EngineEvent.lost(loss))
                _exit(DeviceWatch.exitStatus)
            })
    }

    /// Announces the device and serves commands. The end of `input` ends this process at once: a pipeline in the middle of a
    /// segment has nobody left to work for.
    public func run(input: FileHandle) async throws {
        try output.write(EngineEvent.ready(try SlotDescription.describing(device)))
        let (lines, continuation) = AsyncStream.makeStream(of: Data.self)
        LineReader.start(input, name: "commands", line: { continuation.yield($0) }, end: { _exit(0) })
        for await line in lines { try await serve(try JSONLine.decode(line)) }
    }

    private func serve(_ command: EngineCommand) async throws {
        switch command {
        case .segment(let order):
            Self.mark(AttemptMark.beginning(of: order.task.attempt))
            pipeline.submit(order)
        case .cancel(let attempt): pipeline.cancel(attempt)
        case .calibrate(let request, let modelPath):
            do {
                try output.write(EngineEvent.calibrated(try await calibrator.calibrate(request, modelPath: modelPath)))
            } catch {
                watch.look(after: error)
                try output.write(EngineEvent.calibrationFailed(request.job, reason: "\(error.reason)"))
            }
        }
    }

    /// Says in the log which attempt its lines are about.
    private static func mark(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }

    private static func line(for event: PipelineEvent) -> EngineEvent {
        switch event {
        case .progress(let attempt, let frames): .progress(attempt, frames: frames)
        case .finished(let result): .finished(result)
        case .failed(let attempt, let error):
            .failed(attempt, reason: "\(error.reason)", misfit: (error as? UnexpectedPicture)?.frame)
        }
    }
}

extension PipelineEvent {
    /// The attempt that is over with this event.
    fileprivate var ended: AttemptID? {
        switch self {
        case .progress: nil
        case .finished(let result): result.attempt
        case .failed(let attempt, _): attempt
        }
    }
}
