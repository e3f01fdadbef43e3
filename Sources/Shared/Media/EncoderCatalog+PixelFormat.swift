internal import CLibAV
public import FarmModel

extension PixelLayout {
    /// libav's name of this layout (`yuv420p10le`, `gray`, `gbrp12le`); nil where libav has none.
    public var libavName: String? { avFormat.flatMap { text(av_get_pix_fmt_name($0)) } }

    /// nil: planes that `PixelLayout` does not describe (packed, other depths), or no format at all.
    public init?(libavName: String) {
        let format = av_get_pix_fmt(libavName)
        guard format != AV_PIX_FMT_NONE, let layout = PixelLayout(planar: format), layout.avFormat == format else {
            return nil
        }
        self = layout
    }

    /// chroma_format_idc of H.264 and HEVC: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    var chromaFormat: Int {
        family == .gray ? 0 : family == .rgb ? 3 : chromaShiftX == 0 ? 3 : chromaShiftY == 0 ? 2 : 1
    }
}
