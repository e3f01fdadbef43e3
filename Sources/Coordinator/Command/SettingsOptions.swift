public import ArgumentParser
import CoordinatorCore
public import FarmModel

/// The settings of a job, as `run` takes them. Numbers are read unconditionally: one below zero begins with a dash, and is to be
/// refused in words.
struct SettingsOptions: ParsableArguments {
    @Option(help: "A model's name (see `worker models`) or a file that keeps the model contract (docs/models.md).")
    var model = "realesr-animevideov3"

    @Option(
        parsing: .unconditional,
        help: "1 to 4; by default the model's largest, or with --height its smallest that reaches that.")
    var scale: Int?

    @Option(
        parsing: .unconditional,
        help: """
            The result's height in pixels, upright: what the model makes is resampled to it, up to 4 times as high. The \
            width follows, to an even number where chroma is subsampled.
            """)
    var height: Int?

    @Option(help: "hevc, av1, h264 or ffv1.")
    var codec: Codec = .hevc

    @Option(
        help: """
            libav's name of the encoder; by default libx265, libsvtav1, libx264 or ffv1. hevc_nvenc, h264_nvenc and \
            av1_nvenc are units of NVIDIA's devices, where workers have them.
            """)
    var encoder: String?

    @Option(parsing: .unconditional, help: "Constant rate factor: lower is better and larger.")
    var crf = 18

    @Option(help: "The encoder's preset; by default medium, of libsvtav1 8, of NVENC p5.")
    var preset: String?

    @Option(help: "More encoder settings, as K=V:K=V.")
    var encoderParams: String?

    @Option(help: "libav's name of the output's pixel format; by default 10 bit, chroma as the source's.")
    var pixelFormat: String?

    @Option(
        parsing: .unconditional,
        help: """
            Length of segments in seconds, in whole GOPs; by default 10, or less where many slots share a film. No bit of the \
            result depends on it.
            """)
    var segmentSeconds: Double?

    @Option(
        parsing: .unconditional,
        help:
            "Length of segments in frames, wherever keyframes lie; each a GOP, or with --gop-… about so many in whole ones."
    )
    var segmentFrames: Int?

    @Option(
        parsing: .unconditional,
        help: """
            Length of the result's closed GOPs in seconds, cut at the film's keyframes where there are any near; by default 2 to 10, \
            by the film's length. Segments hold whole ones. Encoders put more keyframes at scene cuts.
            """)
    var gopSeconds: Double?

    @Option(parsing: .unconditional, help: "Length of the result's closed GOPs in frames, wherever keyframes lie.")
    var gopFrames: Int?

    @Option(
        parsing: .unconditional,
        help: "Frames of overlap on either side of a segment; by default what the model and the blend need.")
    var overlap: Int?

    @Option(
        parsing: .unconditional,
        help:
            "Frames before each, and behind, that are blended into it against flicker: 0 (off) to 4; by default 2, with nearest 0."
    )
    var temporalBlend: Int?

    @Option(parsing: .unconditional, help: "Tile edge in source pixels, 0 for whole frames; by default calibrated.")
    var tile: Int?

    @Option(parsing: .unconditional, help: "Frames per inference call; by default calibrated.")
    var batch: Int?

    @Option(help: "auto, fp32 or fp16.")
    var precision: Precision = .auto

    @Option(help: "What convolutions run in on the CPU: auto (our own kernels where they can) or torch (libtorch's).")
    var cpuEngine: CPUEngine = .auto

    @Flag(help: "Leave interlaced pictures as they are; by default those films that are interlaced are deinterlaced.")
    var noDeinterlace = false

    @OptionGroup var part: PartOptions

    func settings() throws -> JobSettings {
        let settings = JobSettings(
            model: model, scale: scale, height: height, codec: codec, encoder: encoder, crf: crf, preset: preset,
            encoderParameters: try parameters(), pixelFormat: pixelFormat,
            segmentLength: try length(segmentSeconds, segmentFrames, "segment") ?? .automatic,
            gopLength: try length(gopSeconds, gopFrames, "gop"), overlap: overlap, temporalBlend: temporalBlend,
            tile: tile, batch: batch, precision: precision,
            cpuEngine: cpuEngine == .auto ? nil : cpuEngine, deinterlace: noDeinterlace ? false : nil,
            from: part.from?.seconds, to: part.to?.seconds,
            streams: part.map)
        try settings.check()
        return settings
    }

    private func length(_ seconds: Double?, _ frames: Int?, _ what: String) throws -> SegmentLength? {
        guard seconds == nil || frames == nil else {
            throw CoordinatorError(.usage, "--\(what)-seconds and --\(what)-frames exclude each other: give one")
        }
        return seconds.map { .seconds($0) } ?? frames.map { .frames($0) }
    }

    private func parameters() throws -> [EncoderParameter] {
        try (encoderParams ?? "").split(separator: ":").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CoordinatorError(.usage, "--encoder-params: '\(pair)' is not K=V")
            }
            return EncoderParameter(key: String(parts[0]), value: String(parts[1]))
        }
    }
}

extension Codec: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension CPUEngine: ExpressibleByArgument {}
