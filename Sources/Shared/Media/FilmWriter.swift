public import FarmModel
internal import Foundation

/// Joins encoded segments into a film, without decoding anything: the pictures are the segments' packets with decoding times
/// made anew for the whole film, and everything else of the source is copied beside them.
public enum FilmWriter {
    /// What was written.
    public struct Report: Hashable, Sendable {
        public var frames: Int
        /// What the container could not carry as it was; a line each.
        public var warnings: [String]
        /// Index of the pictures' stream in the film.
        public var videoIndex: Int
        /// Source stream to film stream, of those whose payloads the container leaves as they are.
        public var copied: [Int: Int]
    }

    /// - Throws: `MediaError` of kind `settings`: the name's extension is unknown, or the container cannot hold the codec.
    public static func checkContainer(_ output: String, codec: Codec) throws {
        _ = try Container(output: output, codec: codec)
    }

    /// Writes the film to `partial`, durably; naming it is the caller's. Blocks.
    ///
    /// Reads the segments twice (once for their timestamps) and the source once; memory holds 16 bytes a frame.
    /// - Parameter progress: told the frames written and in all.
    /// - Throws: `MediaError`
    public static func write(
        _ plan: FilmPlan, to partial: String, progress: (Int64, Int64) -> Void = { _, _ in }
    ) throws -> Report {
        let container = try Container(output: plan.output, codec: plan.encoding.codec)
        let source = try Demuxer(path: plan.source)
        var pictures = try PictureTrack(plan)
        let muxer = try FilmMuxer(container, to: partial)
        try muxer.addStreams(of: source, videoIndex: plan.videoIndex, pictures: pictures.stream)
        try muxer.begin()
        let total = Int64(plan.timestamps.count)
        var done: Int64 = 0
        func writePictures(until limit: Double) throws {
            while let packet = try pictures.next(until: limit) {
                try muxer.write(packet, timeBase: plan.encoding.timeBase)
                done += 1
                if done % 100 == 0 { progress(done, total) }
            }
        }
        while let packet = try source.next() {
            // The source's own pictures only pace those that replace them.
            if let dts = packet.dts ?? packet.pts {
                try writePictures(until: Double(dts) * Rational(source.stream(packet.stream).pointee.time_base).value)
            }
            try muxer.copy(packet)
        }
        try writePictures(until: .infinity)
        try muxer.finish()
        progress(done, total)
        return Report(
            frames: Int(done), warnings: muxer.warnings, videoIndex: muxer.videoIndex, copied: muxer.untouched)
    }
}

/// The segments' packets on their way into the film, with their decoding times and durations.
private struct PictureTrack {
    let stream: VideoStream
    private let order: DecodeOrder
    private let timeBase: Double
    private var packets: SegmentPackets
    private var index = 0
    private var waiting: VideoPacket?

    init(_ plan: FilmPlan) throws {
        var decoded: [Int64] = []
        decoded.reserveCapacity(plan.timestamps.count)
        var reading = SegmentPackets(plan.segments)
        while let packet = try reading.next() { decoded.append(packet.pts ?? 0) }
        guard let first = plan.segments.first, !plan.timestamps.isEmpty, decoded.count == plan.timestamps.count else {
            throw MediaError(
                .codec, "the segments hold \(decoded.count) frames, and the film has \(plan.timestamps.count)")
        }
        stream = try PacketFileReader(path: first).stream
        let encoding = plan.encoding
        timeBase = encoding.timeBase.value
        let rate = encoding.frameRate.value
        let step = rate > 0 && timeBase > 0 ? 1 / rate / timeBase : 1
        order = DecodeOrder(decoded: decoded, sorted: plan.timestamps, step: Int64(step.rounded()))
        packets = SegmentPackets(plan.segments)
    }

    /// The next packet, if it is decoded no later than `limit` seconds.
    mutating func next(until limit: Double) throws -> VideoPacket? {
        if waiting == nil, var packet = try packets.next() {
            packet.dts = order.dts(at: index)
            packet.duration = order.duration(of: packet.pts ?? 0)
            index += 1
            waiting = packet
        }
        guard let packet = waiting, Double(packet.dts ?? 0) * timeBase <= limit else { return nil }
        waiting = nil
        return packet
    }
}
