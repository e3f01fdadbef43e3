import EngineProtocol
import FarmModel
import Inference
import Media

/// Encodes a segment's pictures into a packet file: each of its GOPs by an encoder of its own, so that no bit of it depends
/// on the GOPs that happen to be in the same segment.
final class SegmentEncoder: PictureSink {
    private let task: SegmentTask
    private let threads: Int
    private let device: Device
    private var file: PacketFileWriter?
    private var encoder: (any VideoEncoder)?
    /// With which GOPs begin that are still to come.
    private var keyframes: ArraySlice<Int>
    private var hasWritten = false

    /// - Parameters:
    ///   - threads: for the encoder; its output does not depend on it.
    ///   - device: whose unit encodes, where the job's encoder is one.
    init(order: SegmentOrder, threads: Int, device: Device) throws {
        task = order.task
        self.threads = threads
        self.device = device
        let encoder = try EncoderCatalog.open(task.recipe.encoding, threads: threads, cudaDevice: device.cudaIndex)
        file = try PacketFileWriter(path: order.outputPath, stream: encoder.stream)
        self.encoder = encoder
        keyframes = (task.keyframes ?? [])[...]
    }

    func write(_ picture: any PlanarPicture, number: Int) throws {
        // The frame with which a GOP begins may be one that no decoder gave: then the next begins it.
        let begins = keyframes.prefix { $0 <= number }.count
        keyframes = keyframes.dropFirst(begins)
        if begins > 0, hasWritten { try endGOP() }
        let encoder =
            try self.encoder
            ?? EncoderCatalog.open(
                task.recipe.encoding, threads: threads, cudaDevice: device.cudaIndex)
        self.encoder = encoder
        try append(try encoder.encode(picture, timestamp: task.timestamps[number - task.context.first]))
        hasWritten = true
    }

    func finish() throws {
        try endGOP()
        try file.take()?.finish()
    }

    /// The encoder is closed before the next is opened: of large pictures there is no room for two.
    private func endGOP() throws {
        if let encoder { try append(try encoder.finish()) }
        encoder = nil
    }

    private func append(_ packets: [VideoPacket]) throws {
        for packet in packets { try file?.append(packet) }
    }
}
