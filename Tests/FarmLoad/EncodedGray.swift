import FarmModel
import FarmProtocol
import Foundation
import Hashing
import Media

/// Gray pictures, encoded once for each job and length of segments; a lease's segment is the same packets with its timestamps.
struct EncodedGray {
    private struct Kind: Hashable {
        var job: JobID
        var frames: Int
    }

    private var made: [Kind: (header: Data, packets: [VideoPacket])] = [:]

    /// The segment as a packet file, and what proves that it arrived.
    mutating func segment(for task: SegmentTask) throws -> (bytes: Data, reference: BlobReference) {
        let kind = Kind(job: task.attempt.segment.job, frames: task.range.count)
        let known = try made[kind] ?? encode(task.recipe.encoding, frames: task.range.count)
        made[kind] = known
        let first = task.range.first - task.context.first
        let bytes = known.packets.reduce(into: known.header) { bytes, packet in
            var packet = packet
            packet.pts = packet.pts.map { task.timestamps[first + Int($0)] }
            bytes.append(PacketFile.record(for: packet))
        }
        let hash = SHA256.hash(bytes).hexadecimal
        return (bytes, BlobReference(id: Wire.encodedBlob(task.attempt), size: Int64(bytes.count), sha256: hash))
    }

    private func encode(_ settings: EncodingSettings, frames: Int) throws -> (header: Data, packets: [VideoPacket]) {
        let encoder = try EncoderCatalog.open(settings, threads: 1)
        let picture = PictureBuffer(format: settings.picture)
        for plane in 0..<settings.picture.layout.planeCount {
            let lines = settings.picture.planeSize(plane).height
            memset(picture.mutablePlane(plane), 0, picture.stride(plane) * lines)
        }
        let packets = try (0..<frames).flatMap { try encoder.encode(picture, timestamp: Int64($0)) } + encoder.finish()
        return (try PacketFile.header(for: encoder.stream), packets)
    }
}
