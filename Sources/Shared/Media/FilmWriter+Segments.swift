internal import FarmModel
internal import Foundation

/// The packets of a film's segments, one after the other; one file is open at a time.
struct SegmentPackets {
    private var paths: ArraySlice<String>
    private var reader: PacketFileReader?
    private let extradata: Data?

    /// - Parameter stream: what every segment must be a stream of; nil takes any.
    init(_ paths: [String], of stream: VideoStream?) {
        self.paths = paths[...]
        extradata = stream?.parameters.extradata
    }

    mutating func next() throws -> VideoPacket? {
        while true {
            if let packet = try reader?.next() { return packet }
            guard let path = paths.popFirst() else { return nil }
            let opened = try PacketFileReader(path: path)
            guard extradata == nil || opened.stream.parameters.extradata == extradata else {
                throw MediaError(
                    .codec, "\(path) has other parameter sets than the film's first segment: it cannot be joined")
            }
            reader = opened
        }
    }
}

/// The presentation timestamps of a packet file, read without its payloads.
enum SegmentTimestamps {
    static func read(_ path: String) throws -> [Int64] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw MediaError(.source, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { try? handle.close() }
        var at = try firstRecord(handle, path)
        let end = try handle.seekToEnd()
        var timestamps: [Int64] = []
        while at < end {
            let head = try bytes(16, at: at, handle, path)
            let length = head.little(at: 0, UInt32.self)
            let pts = head.little(at: 8, Int64.self)
            guard length >= PacketFile.recordHead - 4, pts != PacketFile.noTimestamp else {
                throw MediaError(.source, "\(path): damaged record at byte \(at)")
            }
            timestamps.append(pts)
            at += 4 + UInt64(length)
        }
        guard at == end else { throw MediaError(.source, "\(path) ends inside a packet") }
        return timestamps
    }

    private static func firstRecord(_ handle: FileHandle, _ path: String) throws -> UInt64 {
        let head = try bytes(12, at: 0, handle, path)
        guard head.prefix(4) == PacketFile.magic, head.little(at: 4, UInt32.self) == PacketFile.version else {
            throw MediaError(.source, "\(path) is not a packet file of version \(PacketFile.version)")
        }
        return 12 + UInt64(head.little(at: 8, UInt32.self))
    }

    private static func bytes(_ count: Int, at offset: UInt64, _ handle: FileHandle, _ path: String) throws -> Data {
        try handle.seek(toOffset: offset)
        guard let data = try handle.read(upToCount: count), data.count == count else {
            throw MediaError(.source, "\(path) ends inside a packet")
        }
        return data
    }
}

/// The segments' packets on their way into the film: in decode order, with the film's decoding timestamps and durations.
struct PictureTrack {
    let stream: VideoStream
    let order: DecodeOrder
    private var packets: SegmentPackets
    private var index = 0

    init(_ plan: FilmPlan) throws {
        guard let first = plan.segments.first, !plan.timestamps.isEmpty else {
            throw MediaError(.output, "there are no frames to make \(plan.output) of")
        }
        stream = try PacketFileReader(path: first).stream
        let presentation = try plan.segments.flatMap(SegmentTimestamps.read)
        order = try DecodeOrder(presentation: presentation, step: plan.step, end: plan.end)
        guard order.timestamps == plan.timestamps else {
            throw MediaError(
                .output, "the segments hold \(order.count) frames that are not the film's \(plan.timestamps.count)")
        }
        packets = SegmentPackets(plan.segments, of: stream)
    }

    /// The decoding timestamp of the packet that comes next; nil at the end.
    var nextDecoding: Int64? { index < order.count ? order.decoding(index) : nil }

    mutating func next() throws -> VideoPacket? {
        guard index < order.count, var packet = try packets.next() else { return nil }
        packet.dts = order.decoding(index)
        packet.duration = packet.pts.map(order.duration) ?? 0
        index += 1
        return packet
    }
}
