/// What a user asks for. Everything left out is decided once, when the job is made, and recorded in its `Recipe`.
public struct JobSettings: Codable, Hashable, Sendable {
    /// A model's name or a file that keeps the model contract.
    public var model: String
    /// 1 to 4; nil takes of the model's own the largest, or the smallest that reaches `height`.
    public var scale: Int?
    /// Of the result as it is seen, in pixels: what the network gives is resampled to it; nil leaves it as it is.
    public var height: Int?
    public var codec: Codec
    /// libav's encoder name, `libx265` for x265; nil takes the codec's default.
    public var encoder: String?
    public var crf: Int
    public var preset: String?
    public var encoderParameters: [EncoderParameter]
    /// libav's name of the encoder's pixel format; nil: 10 bit (8 where the codec cannot), chroma as the source's.
    public var pixelFormat: String?
    public var segmentLength: SegmentLength
    /// Of the result's closed GOPs, of which segments are made; nil takes what suits the film's length.
    public var gopLength: SegmentLength?
    /// Frames of overlap on either side; nil takes what model and blend need.
    public var overlap: Int?
    /// Radius of the temporal blend in frames; 0 is off, nil what suits the model.
    public var temporalBlend: Int?
    /// Tile edge in source pixels (0: whole frame) and frames per batch; nil: the first worker calibrates.
    public var tile: Int?
    public var batch: Int?
    public var precision: Precision
    /// Of workers on the CPU; nil: `.auto`.
    public var cpuEngine: CPUEngine?
    /// false leaves interlaced films as they are; nil deinterlaces those that are.
    public var deinterlace: Bool?
    /// Seconds after the film's start: of the first frame to take, and of the first to take no more; nil: all.
    public var from: Double?
    public var to: Double?
    /// Which streams are taken, as `StreamSelection` has it; nil: all.
    public var streams: String?

    /// Of `height`.
    public static let heights = 16...16384

    public init(
        model: String = "realesr-animevideov3", scale: Int? = nil, height: Int? = nil, codec: Codec = .hevc,
        encoder: String? = nil, crf: Int = 18, preset: String? = nil, encoderParameters: [EncoderParameter] = [],
        pixelFormat: String? = nil,
        segmentLength: SegmentLength = .automatic, gopLength: SegmentLength? = nil, overlap: Int? = nil,
        temporalBlend: Int? = nil, tile: Int? = nil, batch: Int? = nil, precision: Precision = .auto,
        cpuEngine: CPUEngine? = nil, deinterlace: Bool? = nil,
        from: Double? = nil, to: Double? = nil, streams: String? = nil
    ) {
        self.model = model
        self.scale = scale
        self.height = height
        self.codec = codec
        self.encoder = encoder
        self.crf = crf
        self.preset = preset
        self.encoderParameters = encoderParameters
        self.pixelFormat = pixelFormat
        self.segmentLength = segmentLength
        self.gopLength = gopLength
        self.overlap = overlap
        self.temporalBlend = temporalBlend
        self.tile = tile
        self.batch = batch
        self.precision = precision
        self.cpuEngine = cpuEngine
        self.deinterlace = deinterlace
        self.from = from
        self.to = to
        self.streams = streams
    }
}

public enum Codec: String, Codable, Hashable, Sendable, CaseIterable {
    case hevc, av1, h264, ffv1
}

public enum Precision: String, Codable, Hashable, Sendable, CaseIterable {
    /// fp16 on CUDA, fp32 on the CPU; resolved when the job is pinned.
    case auto
    case fp32, fp16
}

/// How long segments or GOPs are, in what the user named.
public enum SegmentLength: Codable, Hashable, Sendable {
    /// Of segments: as the film's length and the number of slots ask for, at most 10 seconds.
    case automatic
    /// About so long, cut at keyframes.
    case seconds(Double)
    /// Exactly so many frames, wherever keyframes lie; of segments beside GOPs of another length, about so many.
    case frames(Int)
}

/// One `K=V` of `--encoder-params`, in the order given.
public struct EncoderParameter: Codable, Hashable, Sendable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// What convolutions run in on the CPU. Other devices have libtorch's.
public enum CPUEngine: String, Codable, Hashable, Sendable, CaseIterable {
    /// Our own kernels where they can (`CTorch/Convolution.h`), libtorch's for the rest.
    case auto
    /// libtorch's alone.
    case torch
}
