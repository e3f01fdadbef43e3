public import Foundation

/// A stream's codec and what a decoder must know before the first packet: libavcodec's AVCodecParameters as a value.
public struct CodecParameters: Codable, Hashable, Sendable {
    /// libavcodec's name of the codec: `h264`, `hevc`, `av1`, …
    public var codec: String
    public var codecTag: UInt32
    /// Out-of-band headers (avcC, hvcC, sequence header, …); empty where the stream carries them itself.
    public var extradata: Data
    /// libav's name of the pixel format, as the container or the first packets told: a hint for decoders.
    public var pixelFormat: String?
    public var width: Int
    public var height: Int
    public var profile: Int
    public var level: Int
    public var bitsPerCodedSample: Int
    public var bitsPerRawSample: Int
    public var fieldOrder: Int
    public var videoDelay: Int
    public var sampleAspectRatio: Rational
    public var color: ColorDescription

    public init(
        codec: String, codecTag: UInt32 = 0, extradata: Data = Data(), pixelFormat: String? = nil, width: Int,
        height: Int,
        profile: Int = -99, level: Int = -99, bitsPerCodedSample: Int = 0, bitsPerRawSample: Int = 0,
        fieldOrder: Int = 0,
        videoDelay: Int = 0, sampleAspectRatio: Rational = Rational(0, 1), color: ColorDescription = ColorDescription()
    ) {
        self.codec = codec
        self.codecTag = codecTag
        self.extradata = extradata
        self.pixelFormat = pixelFormat
        self.width = width
        self.height = height
        self.profile = profile
        self.level = level
        self.bitsPerCodedSample = bitsPerCodedSample
        self.bitsPerRawSample = bitsPerRawSample
        self.fieldOrder = fieldOrder
        self.videoDelay = videoDelay
        self.sampleAspectRatio = sampleAspectRatio
        self.color = color
    }
}

/// A video stream in transit: its codec parameters and the clock its packets count in.
public struct VideoStream: Codable, Hashable, Sendable {
    public var parameters: CodecParameters
    /// Seconds per tick of packet timestamps.
    public var timeBase: Rational
    /// The nominal frame rate: for rate control and the video usability information, never for timestamps.
    public var frameRate: Rational

    public init(parameters: CodecParameters, timeBase: Rational, frameRate: Rational) {
        self.parameters = parameters
        self.timeBase = timeBase
        self.frameRate = frameRate
    }
}
