internal import FarmModel
internal import Foundation

/// Takes a film apart in one pass over its packets, without decoding; where its timestamps cannot be relied on, with a
/// second pass that decodes. Blocks: give it a thread of its own.
public enum FilmIndexer {
    /// Writes the video packets of the film at `path` to a new packet store at `store`, durably, and tells where each is.
    ///
    /// - Parameters:
    ///   - threads: for decoding, where that is needed; 0 takes one a core.
    ///   - progress: told the share of the file that is read, 0 to 1.
    /// - Throws: `MediaError` of kind `source` where the film has no video packets or no usable timestamps, of kind `output`
    ///   where the store cannot be written; `CancellationError` after `isCancelled` says true.
    public static func index(
        _ path: String, store: String, streams: StreamSelection? = nil, threads: Int = 0,
        isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: (Double) -> Void = { _ in }
    ) throws -> FilmIndex {
        let demuxer = try Demuxer(path: path, selection: .video, streams: streams, isCancelled: isCancelled)
        let stream = demuxer.video
        var builder = try IndexBuilder(store: store, stream: stream, aspectCounts: !demuxer.saysAspect)
        while let packet = try demuxer.next() {
            guard packet.stream == demuxer.videoIndex else { continue }
            try builder.append(VideoPacket(packet))
            progress(demuxer.position)
        }
        var (packets, headerSize, watch, end) = try builder.finish()
        guard packets.contains(where: { $0.flags.contains(.frame) }) else {
            throw MediaError(.source, "\(path) has a video stream without pictures\(reasons(demuxer.warnings))")
        }
        var warnings = demuxer.warnings
        let trouble = FrameTable.trouble(in: packets, of: stream)
        if let trouble {
            warnings.append("\(trouble): the film was indexed by decoding it")
            let timing = DecodedTiming(
                store: store, packets: packets, step: demuxer.nominalStep, why: "\(path): \(trouble)")
            packets = try timing.mend(threads: threads, isCancelled: isCancelled)
        }
        try DurableFile.syncFolder(of: store)
        let table = try FrameTable(
            timeBase: stream.timeBase, headerSize: headerSize, packets: packets,
            end: demuxer.pictureEnd(after: packets.count) ?? end.latest)
        return FilmIndex(
            table: table, stream: stream, formats: watch.marks(at: packets.map(\.pts)),
            foundRate: trouble == nil ? nil : table.evenRate, storePath: store,
            warnings: warnings)
    }

    private static func reasons(_ warnings: [String]) -> String {
        warnings.isEmpty ? "" : ": " + warnings.joined(separator: "; ")
    }
}

/// Writes the packet store and notes where everything is.
private struct IndexBuilder: ~Copyable {
    private var writer: PacketFileWriter
    private let headerSize: Int
    private let entryPoint: EntryPoint
    private let codec: String
    private var packets: [FrameTable.Packet] = []
    private var end = FilmEnd()
    private var carrier: HeaderCarrier
    private var watch: FormatWatch

    init(store: String, stream: VideoStream, aspectCounts: Bool) throws {
        writer = try PacketFileWriter(path: store, stream: stream)
        headerSize = Int(writer.offset)
        entryPoint = EntryPoint(stream.parameters)
        codec = stream.parameters.codec
        carrier = HeaderCarrier(stream.parameters)
        watch = FormatWatch(stream, aspectCounts: aspectCounts)
    }

    mutating func append(_ packet: VideoPacket) throws {
        end.note(packet)
        // AVI stands an empty packet for "the picture before, once more": there is nothing to decode.
        guard !packet.payload.isEmpty else { return }
        var packet = packet
        let headers = carrier.carry(into: &packet)
        watch.note(packet, headers: headers)
        let offset = writer.offset
        try writer.append(packet)
        packets.append(FrameTable.Packet(packet, entryPoint, codec, (offset, UInt32(writer.offset - offset))))
    }

    consuming func finish() throws -> (
        packets: [FrameTable.Packet], headerSize: Int, watch: FormatWatch, end: FilmEnd
    ) {
        watch.finish()
        let result = (packets, headerSize, watch, end)
        try writer.finish()
        return result
    }
}
