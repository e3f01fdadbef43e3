import FarmModel
import Media

/// Encodes a segment's pictures into a packet file.
final class SegmentEncoder: PictureSink {
    private let task: SegmentTask
    private let encoder: any VideoEncoder
    private var file: PacketFileWriter?

    /// - Parameter threads: for the encoder; its output does not depend on it.
    init(order: SegmentOrder, threads: Int) throws {
        task = order.task
        encoder = try EncoderCatalog.open(task.recipe.encoding, threads: threads)
        file = try PacketFileWriter(path: order.outputPath, stream: encoder.stream)
    }

    func write(_ picture: any PlanarPicture, number: Int) throws {
        let timestamp = task.timestamps[number - task.context.first]
        try append(try encoder.encode(picture, timestamp: timestamp))
    }

    func finish() throws {
        try append(try encoder.finish())
        try file.take()?.finish()
    }

    private func append(_ packets: [VideoPacket]) throws {
        for packet in packets { try file?.append(packet) }
    }
}
