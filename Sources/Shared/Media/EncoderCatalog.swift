internal import CLibAV
internal import CX265
public import FarmModel

/// An encoder that this build can open, and what it takes.
public struct EncoderDescription: Hashable, Sendable {
    /// libav's name, `libx265` for x265's own API.
    public var name: String
    public var codec: Codec
    public var unit = EncodingUnit.cpu
    public var layouts: [PixelLayout]
    /// nil: the encoder is lossless and has no rate factor.
    public var crfRange: ClosedRange<Int>?
    /// Empty: the encoder has no presets.
    public var presets: [String]
    public var defaultPreset: String?
    /// Smallest and largest picture, in luma samples a side, and the largest area.
    public var minimumSide: Int
    public var maximumWidth: Int
    public var maximumHeight: Int
    public var maximumArea: Int
    /// Whether it codes odd sizes where chroma is subsampled.
    public var takesOddSizes: Bool

    func takes(_ layout: PixelLayout) -> Bool { layouts.contains(layout) }
}

/// What an encoder runs on.
public enum EncodingUnit: Hashable, Sendable {
    /// Any machine.
    case cpu
    /// A unit of a CUDA device, which not every one has.
    case nvenc
}

/// The encoders whose segments this project can join without a trace.
public enum EncoderCatalog {
    /// In order of preference for their codec.
    public static let encoders: [EncoderDescription] = [x265, x264, svtAV1, ffv1].compactMap { $0 } + nvenc

    public static func encoders(for codec: Codec) -> [EncoderDescription] { encoders.filter { $0.codec == codec } }

    public static func encoder(named name: String) -> EncoderDescription? { encoders.first { $0.name == name } }

    /// The largest picture of level 6.2 in HEVC, H.264 and AV1 alike: 8192x4352.
    static let largestPicture = 35_651_584

    private static var x265: EncoderDescription? {
        let depths = [8, 10, 12].filter { x265_shim_api(Int32($0)) != nil }
        guard !depths.isEmpty else { return nil }
        let shapes = ["yuv420p", "yuv422p", "yuv444p", "gray", "gbrp"].compactMap { PixelLayout(libavName: $0) }
        let layouts = depths.flatMap { depth in shapes.map { $0.with(bitDepth: depth) } }
        return EncoderDescription(
            name: X265Encoder.name, codec: .hevc, layouts: layouts, crfRange: 0...51, presets: x26xPresets,
            defaultPreset: "medium", minimumSide: 16, maximumWidth: 16384, maximumHeight: 16384,
            maximumArea: largestPicture, takesOddSizes: false)
    }

    private static var x264: EncoderDescription? {
        libav("libx264").map {
            EncoderDescription(
                name: "libx264", codec: .h264, layouts: $0, crfRange: 0...51, presets: x26xPresets,
                defaultPreset: "medium", minimumSide: 16, maximumWidth: 16384, maximumHeight: 16384,
                maximumArea: largestPicture, takesOddSizes: false)
        }
    }

    private static var svtAV1: EncoderDescription? {
        libav("libsvtav1").map {
            EncoderDescription(
                name: "libsvtav1", codec: .av1, layouts: $0, crfRange: 0...63, presets: (0...13).map(String.init),
                defaultPreset: "8", minimumSide: 64, maximumWidth: 16384, maximumHeight: 8704,
                maximumArea: largestPicture, takesOddSizes: false)
        }
    }

    private static var ffv1: EncoderDescription? {
        libav("ffv1").map {
            EncoderDescription(
                name: "ffv1", codec: .ffv1, layouts: $0, crfRange: nil, presets: [], defaultPreset: nil,
                minimumSide: 1, maximumWidth: 65535, maximumHeight: 65535, maximumArea: 1 << 30, takesOddSizes: true)
        }
    }

    /// x264 and x265 share their names.
    private static let x26xPresets = [
        "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo",
    ]

    /// The layouts that libavcodec's encoder takes; nil where the build lacks it.
    static func libav(_ name: String) -> [PixelLayout]? {
        guard let codec = avcodec_find_encoder_by_name(name), var format = codec.pointee.pix_fmts else { return nil }
        var layouts: [PixelLayout] = []
        while format.pointee != AV_PIX_FMT_NONE {
            if let name = av_get_pix_fmt_name(format.pointee),
                let layout = PixelLayout(libavName: String(cString: name))
            {
                layouts.append(layout)
            }
            format += 1
        }
        return layouts
    }
}
