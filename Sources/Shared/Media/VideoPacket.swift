public import Foundation

/// A compressed picture as a value: what packet files, spools and the wire hold.
public struct VideoPacket: Hashable, Sendable {
    /// In the stream's time base; nil where unknown.
    public var pts: Int64?
    public var dts: Int64?
    public var duration: Int64
    public var flags: Flags
    public var payload: Data
    public var sideData: [SideData]

    /// libav's AV_PKT_FLAG_* bits.
    public struct Flags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let key = Flags(rawValue: 1)
        public static let corrupt = Flags(rawValue: 2)
        /// Decoded, but not shown (the pre-roll of an edit list).
        public static let discard = Flags(rawValue: 4)
    }

    /// One piece of packet side data, by libav's AVPacketSideDataType, or `forStart`.
    public struct SideData: Hashable, Sendable {
        public var type: UInt32
        public var bytes: Data

        /// Headers for a decoder that starts at the packet: none of libav's, and no business of one that comes from before.
        static let forStart: UInt32 = 0xFFFF_0001
        /// The same, as a container gives them: in place of all before.
        static let outsideForStart: UInt32 = 0xFFFF_0002
        /// AV_PKT_DATA_NEW_EXTRADATA.
        static let newExtradata: UInt32 = 1

        var isForStart: Bool { type == Self.forStart || type == Self.outsideForStart }

        public init(type: UInt32, bytes: Data) {
            self.type = type
            self.bytes = bytes
        }
    }

    public init(
        pts: Int64?, dts: Int64?, duration: Int64 = 0, flags: Flags = [], payload: Data, sideData: [SideData] = []
    ) {
        self.pts = pts
        self.dts = dts
        self.duration = duration
        self.flags = flags
        self.payload = payload
        self.sideData = sideData
    }
}

extension VideoPacket {
    /// The packet as a decoder must be given it that has seen nothing before it.
    var atStart: VideoPacket {
        var packet = self
        for index in sideData.indices {
            switch sideData[index].type {
            case SideData.forStart: packet.payload = sideData[index].bytes + packet.payload
            case SideData.outsideForStart: packet.sideData[index].type = SideData.newExtradata
            default: break
            }
        }
        return packet
    }
}
