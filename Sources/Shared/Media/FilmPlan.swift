public import FarmModel

/// What a film is joined from.
public struct FilmPlan: Sendable {
    /// The film that gives all but the pictures.
    public var source: String
    /// Its stream that was upscaled.
    public var videoIndex: Int
    /// Packet files of the encoded segments, in film order.
    public var segments: [String]
    /// Presentation times of the frames that the segments hold, ascending, in the source's time base.
    public var timestamps: [Int64]
    public var encoding: EncodingSettings
    /// The name that the film will have: its extension names the container.
    public var output: String

    public init(
        source: String, videoIndex: Int, segments: [String], timestamps: [Int64], encoding: EncodingSettings,
        output: String
    ) {
        self.source = source
        self.videoIndex = videoIndex
        self.segments = segments
        self.timestamps = timestamps
        self.encoding = encoding
        self.output = output
    }
}

/// The packets of all segments, one after the other; one file is open at a time.
struct SegmentPackets {
    private var paths: ArraySlice<String>
    private var reader: PacketFileReader?

    init(_ paths: [String]) { self.paths = paths[...] }

    mutating func next() throws -> VideoPacket? {
        while true {
            if let packet = try reader?.next() { return packet }
            guard let path = paths.popFirst() else { return nil }
            reader = try PacketFileReader(path: path)
        }
    }
}
