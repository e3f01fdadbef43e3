/// Everything that decides a job's pixels and bits, fixed once when the job is made, so that any worker at any
/// time makes the same segment (promise P2).
public struct Recipe: Codable, Hashable, Sendable {
    /// The film's video stream, as decoders are given it.
    public var source: VideoStream
    /// What is done to decoded pictures before they go into the network.
    public var preparation: Preparation
    /// The prepared picture: what goes into the network.
    public var input: PictureFormat
    public var model: ModelReference
    public var scale: Int
    /// Frames that a worker decodes on either side of a segment and does not emit.
    public var overlap: Int
    public var temporalBlend: Int
    public var encoding: EncodingSettings
    /// What convolutions run in where the device is the CPU: the two round differently.
    public var cpuEngine: CPUEngine
    /// How the network is run; nil until the first worker has calibrated.
    public var execution: ExecutionShape?

    public init(
        source: VideoStream, preparation: Preparation = .none, input: PictureFormat, model: ModelReference, scale: Int,
        overlap: Int, temporalBlend: Int, encoding: EncodingSettings, cpuEngine: CPUEngine = .auto,
        execution: ExecutionShape?
    ) {
        self.source = source
        self.preparation = preparation
        self.input = input
        self.model = model
        self.scale = scale
        self.overlap = overlap
        self.temporalBlend = temporalBlend
        self.encoding = encoding
        self.cpuEngine = cpuEngine
        self.execution = execution
    }

    /// A recipe of a job that was made before pictures were prepared has no preparation, and one from before there were two engines
    /// was begun with libtorch.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        source = try values.decode(VideoStream.self, forKey: .source)
        preparation = try values.decodeIfPresent(Preparation.self, forKey: .preparation) ?? .none
        input = try values.decode(PictureFormat.self, forKey: .input)
        model = try values.decode(ModelReference.self, forKey: .model)
        scale = try values.decode(Int.self, forKey: .scale)
        overlap = try values.decode(Int.self, forKey: .overlap)
        temporalBlend = try values.decode(Int.self, forKey: .temporalBlend)
        encoding = try values.decode(EncodingSettings.self, forKey: .encoding)
        cpuEngine = try values.decodeIfPresent(CPUEngine.self, forKey: .cpuEngine) ?? .torch
        execution = try values.decodeIfPresent(ExecutionShape.self, forKey: .execution)
    }
}

/// The shapes and precision of inference that a job pins.
public struct ExecutionShape: Codable, Hashable, Sendable {
    /// Tile edge in source pixels, without the halo; 0 runs whole frames.
    public var tile: Int
    /// Frames per inference call; short batches are padded.
    public var batch: Int
    /// Never `.auto`.
    public var precision: Precision

    public init(tile: Int, batch: Int, precision: Precision) {
        self.tile = tile
        self.batch = batch
        self.precision = precision
    }
}

/// How segments are encoded; the same for all segments of a job, so that their parameter sets are equal (P3).
public struct EncodingSettings: Codable, Hashable, Sendable {
    public var codec: Codec
    /// `libx265`, `libx264`, `libsvtav1`, `ffv1`, `hevc_nvenc`, `h264_nvenc`, `av1_nvenc`.
    public var encoder: String
    public var crf: Int
    public var preset: String?
    public var parameters: [EncoderParameter]
    /// What the encoder is given.
    public var picture: PictureFormat
    public var sampleAspectRatio: Rational
    /// The source's: encoded packets keep the frame table's timestamps.
    public var timeBase: Rational
    public var frameRate: Rational
    /// Most frames from one keyframe to the next.
    public var keyframeInterval: Int
    /// Of the closed GOPs that the film is encoded in, each as if it were alone; nil: a segment is one.
    public var gopLength: SegmentLength?
    /// What the film says of its brightness; nil where it says nothing.
    public var hdr: StaticHDR?

    public init(
        codec: Codec, encoder: String, crf: Int, preset: String?, parameters: [EncoderParameter],
        picture: PictureFormat,
        sampleAspectRatio: Rational, timeBase: Rational, frameRate: Rational, keyframeInterval: Int,
        gopLength: SegmentLength? = nil, hdr: StaticHDR? = nil
    ) {
        self.codec = codec
        self.encoder = encoder
        self.crf = crf
        self.preset = preset
        self.parameters = parameters
        self.picture = picture
        self.sampleAspectRatio = sampleAspectRatio
        self.timeBase = timeBase
        self.frameRate = frameRate
        self.keyframeInterval = keyframeInterval
        self.gopLength = gopLength
        self.hdr = hdr
    }
}
