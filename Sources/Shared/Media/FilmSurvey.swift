internal import FarmModel
internal import Foundation

/// What a film's video packets tell, read without being kept: `FilmIndexer` finds the same.
public struct FilmSurvey: Sendable {
    /// Without places in a packet store: nothing is stored.
    public let table: FrameTable
    /// Bytes of the packets.
    public let videoBytes: Int64
    /// What its pictures are: from the first one on, and from where they change.
    public let formats: [FormatMark]
    /// What is wrong with the film without making it useless; a line each.
    public let warnings: [String]

    /// Reads the film once, twice where its timestamps cannot be relied on. Blocks.
    /// - Throws: `MediaError` of kind `source` where it has no video packets or no usable timestamps; `CancellationError`.
    public init(_ path: String, isCancelled: @escaping @Sendable () -> Bool = { false }) throws {
        let demuxer = try Demuxer(path: path, selection: .video, isCancelled: isCancelled)
        let stream = demuxer.video
        let entryPoint = EntryPoint(stream.parameters)
        var carrier = HeaderCarrier(stream.parameters)
        var watch = FormatWatch(stream, aspectCounts: !demuxer.saysAspect)
        var packets: [FrameTable.Packet] = []
        var end = FilmEnd()
        var offset: Int64 = 0
        while let packet = try demuxer.next() {
            guard packet.stream == demuxer.videoIndex else { continue }
            var copy = VideoPacket(packet)
            end.note(copy)
            guard packet.size > 0 else { continue }
            let size = UInt32(packet.size)
            let headers = carrier.carry(into: &copy)
            watch.note(copy, headers: headers)
            packets.append(FrameTable.Packet(copy, entryPoint, stream.parameters.codec, (offset, size)))
            offset += Int64(size)
        }
        watch.finish()
        var warnings = demuxer.warnings
        guard packets.contains(where: { $0.flags.contains(.frame) }) else {
            let reasons = warnings.isEmpty ? "" : ": " + warnings.joined(separator: "; ")
            throw MediaError(.source, "\(path) has a video stream without pictures\(reasons)")
        }
        if let trouble = FrameTable.trouble(in: packets, of: stream) {
            warnings.append("\(trouble): the film was indexed by decoding it")
            let reader = try PictureReader(path, counts: true, nil, isCancelled: isCancelled)
            var order: [Int] = []
            while let picture = try reader.next() { if let number = picture.packet { order.append(number) } }
            packets = try DecodedTiming.mended(
                packets, shown: order, step: demuxer.nominalStep, why: "\(path): \(trouble)")
        }
        table = try FrameTable(
            timeBase: stream.timeBase, headerSize: 0, packets: packets,
            end: demuxer.pictureEnd(after: packets.count) ?? end.latest)
        (formats, videoBytes, self.warnings) = (watch.marks(at: packets.map(\.pts)), offset, warnings)
    }
}

extension FrameTable.Packet {
    /// - Parameter place: where its record stands, and how long it is, in bytes.
    init(_ packet: VideoPacket, _ entryPoint: EntryPoint, _ codec: String, _ place: (offset: Int64, size: UInt32)) {
        var flags: FrameTable.Flags = entryPoint.allows(packet) ? .entry : []
        if packet.isShown(codec) { flags.insert(.frame) }
        self.init(
            pts: packet.pts ?? .min, dts: packet.dts ?? .min, offset: place.offset, size: place.size, flags: flags)
    }
}
