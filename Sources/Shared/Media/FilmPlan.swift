public import FarmModel

/// A film to be joined: what it is made of and where its frames stand in time.
public struct FilmPlan: Sendable {
    /// The film that the segments were made from; everything but its pictures is copied.
    public var source: String
    /// Index in the source of the stream that the segments replace.
    public var videoIndex: Int
    /// Which of the source's streams are copied; nil: all.
    public var streams: StreamSelection?
    /// Which part of the source is copied.
    public var cut = FilmCut.none
    /// Packet files of the encoded segments, in film order.
    public var segments: [String]
    /// Of the frames that the segments hold: ascending, in the source's time base.
    public var timestamps: [Int64]
    /// Until when the last of them is shown; nil: for as long as a frame is at the nominal rate.
    public var end: Int64?
    public var encoding: EncodingSettings
    /// How the source's pictures were turned, so that no player turns them again.
    public var orientation: Orientation?
    /// The name that the film will have: its extension names the container.
    public var output: String

    public init(
        source: String, videoIndex: Int, segments: [String], timestamps: [Int64], encoding: EncodingSettings,
        orientation: Orientation? = nil, output: String
    ) {
        self.source = source
        self.videoIndex = videoIndex
        self.segments = segments
        self.timestamps = timestamps
        self.encoding = encoding
        self.orientation = orientation
        self.output = output
    }

    /// Nominal ticks of the source's time base from one frame to the next; at least 1.
    var step: Int64 {
        let ticks = 1 / (encoding.nominalFrameRate.value * encoding.timeBase.value)
        return ticks.isFinite && ticks < 1e15 ? max(1, Int64(ticks.rounded())) : 1
    }
}
