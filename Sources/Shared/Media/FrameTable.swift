public import FarmModel

/// The film's frames and the packets they come from.
///
/// Frame n is the n-th of the shown packets, by timestamp. It is a table of *candidates*: packets may turn out to give no
/// picture, such as leading pictures at the film's start whose references were cut off.
public struct FrameTable: Hashable, Sendable {
    /// One packet in the packet store; 32 bytes.
    public struct Packet: Hashable, Sendable {
        /// In the stream's time base; `Int64.min` where unknown.
        public var pts: Int64
        public var dts: Int64
        /// Where the packet's record stands in the packet store, and its length, in bytes.
        public var offset: Int64
        public var size: UInt32
        public var flags: Flags

        public init(pts: Int64, dts: Int64, offset: Int64, size: UInt32, flags: Flags) {
            self.pts = pts
            self.dts = dts
            self.offset = offset
            self.size = size
            self.flags = flags
        }
    }

    public struct Flags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Decoding may start here: what follows in presentation order comes out right.
        public static let entry = Flags(rawValue: 1)
        /// Gives a frame of the film.
        public static let frame = Flags(rawValue: 2)
    }

    /// Seconds per tick of all timestamps.
    public let timeBase: Rational
    /// Bytes of the packet store before the first record: its packet file header.
    public let headerSize: Int
    /// In decode order.
    public let packets: [Packet]
    /// Of the frames: strictly ascending.
    public let timestamps: [Int64]
    /// Until when the last frame is shown; nil where the film does not tell.
    public let end: Int64?

    /// Decode indexes of the packets where decoding may start.
    let entries: [Int]
    /// The lowest pts of this and all later entries.
    let entryFloors: [Int64]
    /// The lowest pts of this and all later packets.
    let floors: [Int64]

    /// - Parameter end: until when the last frame is shown; what lies before its start counts as unknown.
    /// - Throws: `MediaError` of kind `source` where frames lack timestamps, or two have the same.
    public init(timeBase: Rational, headerSize: Int, packets: [Packet], end: Int64? = nil) throws {
        if let trouble = Self.trouble(in: packets) { throw MediaError(.source, trouble) }
        self.timeBase = timeBase
        self.headerSize = headerSize
        self.packets = packets
        timestamps = Self.shown(packets)
        // Beyond 62 bits there is no time of a film, and sums might overflow.
        let bounded = end.flatMap { $0.magnitude < 1 << 62 ? $0 : nil }
        self.end = timestamps.last.flatMap { last in
            bounded.flatMap { $0 > last && last.magnitude < 1 << 62 ? $0 : nil }
        }
        entries = packets.indices.filter { packets[$0].flags.contains(.entry) && packets[$0].pts != .min }
        entryFloors = Self.floors(entries.map { packets[$0].pts })
        floors = Self.floors(packets.map { $0.pts == .min ? .max : $0.pts })
    }

    /// Frames of the film.
    public var count: Int { timestamps.count }

    /// Presentation timestamps of the frames of `range`.
    public func timestamps(of range: FrameRange) -> [Int64] { Array(timestamps[range.first..<range.end]) }

    /// Frames that are keyframes, ascending: where decoding may start.
    public var keyframes: [Int] {
        entries.compactMap { frame(at: packets[$0].pts) }.sorted()
    }

    /// The frame shown at `timestamp`; nil where there is none.
    public func frame(at timestamp: Int64) -> Int? {
        let index = timestamps.firstIndex(notBelow: timestamp)
        return index < count && timestamps[index] == timestamp ? index : nil
    }

    /// Why the timestamps of `packets` cannot be relied on; nil where they can.
    static func trouble(in packets: [Packet]) -> String? {
        let shown = shown(packets)
        if shown.first == .min {
            return "\(shown.prefix { $0 == .min }.count) of \(shown.count) frames have no timestamp"
        }
        let repeated = zip(shown, shown.dropFirst()).count { $0 == $1 }
        return repeated > 0 ? "\(repeated) of \(shown.count) frames have the same timestamp as another" : nil
    }

    /// Also where they are in the wrong order: of a stream that reorders its pictures, some containers (MXF among them) tell
    /// decoding times alone.
    static func trouble(in packets: [Packet], of stream: VideoStream) -> String? {
        if let trouble = trouble(in: packets) { return trouble }
        guard stream.parameters.videoDelay > 0, packets.count > 2 else { return nil }
        let tellsOrder =
            packets.contains { $0.pts != $0.dts }
            || zip(packets, packets.dropFirst()).contains { $1.pts <= $0.pts }
        return tellsOrder ? nil : "the frames' timestamps are those of their decoding"
    }

    private static func shown(_ packets: [Packet]) -> [Int64] {
        packets.lazy.filter { $0.flags.contains(.frame) }.map(\.pts).sorted()
    }

    private static func floors(_ values: [Int64]) -> [Int64] {
        var floors = values
        for index in floors.indices.dropLast().reversed() { floors[index] = min(floors[index], floors[index + 1]) }
        return floors
    }
}
