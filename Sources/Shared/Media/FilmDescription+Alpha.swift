internal import CLibAV
public import FarmModel

extension FilmDescription {
    /// Why the film's alpha is not in a result whose pictures are as `output` says; nil where it is, or the film has none.
    public func alphaLoss(encodedAs codec: Codec, _ output: PixelLayout) -> String? {
        guard !output.hasAlpha, hasAlpha else { return nil }
        if picture.layout.hasAlpha {
            let way =
                codec == .ffv1 ? "pixel format \(output.libavName ?? "?") has none" : "\(codec.rawValue) cannot hold it"
            return "the film's alpha is left out: \(way)" + (codec == .ffv1 ? "" : " (ffv1 can)")
        }
        return "the film's alpha is left out: it cannot be decoded from \(stream?.codec ?? "its codec")"
            + (stream?.pixelFormat.map { " (\($0))" } ?? "")
    }

    private var stream: Stream? { streams.first { $0.index == videoIndex } }

    /// Palettes are taken as opaque: many have an alpha that means nothing. VP8 and VP9 keep it beside the picture.
    private var hasAlpha: Bool {
        let tags = stream?.tags ?? [:]
        if picture.layout.hasAlpha || tags.contains(where: { $0.key.lowercased() == "alpha_mode" && $0.value == "1" }) {
            return true
        }
        guard let name = stream?.pixelFormat, let shape = av_pix_fmt_desc_get(av_get_pix_fmt(name)) else {
            return false
        }
        return shape.pointee.has(AV_PIX_FMT_FLAG_ALPHA) && !shape.pointee.has(AV_PIX_FMT_FLAG_PAL)
    }
}
