internal import CLibAV
internal import FarmModel

extension PixelLayout {
    /// The planes of `format`, where it is planar, of whole little-endian words of 8, 10, 12 or 16 bits; nil for all
    /// others.
    init?(planar format: AVPixelFormat) {
        guard let shape = av_pix_fmt_desc_get(format)?.pointee, shape.isPlainPlanes,
            [8, 10, 12, 16].contains(shape.comp.0.depth)
        else { return nil }
        self.init(shape, bitDepth: Int(shape.comp.0.depth))
    }

    /// The planar layout that holds the samples of `format` without loss (but for the alpha of grays, and of palettes, of which
    /// many have none that means anything); nil where there is none.
    init?(holding format: AVPixelFormat) {
        guard let shape = av_pix_fmt_desc_get(format)?.pointee, !shape.has(AV_PIX_FMT_FLAG_HWACCEL) else { return nil }
        let components = [shape.comp.0, shape.comp.1, shape.comp.2].prefix(Int(shape.nb_components))
        // A palette is of 8-bit colours, whatever the depth of its index.
        let depth = shape.has(AV_PIX_FMT_FLAG_PAL) ? 8 : components.map { Int($0.depth) }.max() ?? 8
        self.init(shape, bitDepth: [8, 10, 12].first { depth <= $0 } ?? 16)
    }

    private init(_ shape: AVPixFmtDescriptor, bitDepth: Int) {
        if shape.has(AV_PIX_FMT_FLAG_RGB) || shape.has(AV_PIX_FMT_FLAG_PAL) {
            self.init(family: .rgb, bitDepth: bitDepth, hasAlpha: shape.nb_components == 4)
        } else if shape.nb_components < 3 {
            self.init(family: .gray, bitDepth: bitDepth)
        } else {
            self.init(
                family: .yuv, bitDepth: bitDepth, chromaShiftX: Int(shape.log2_chroma_w),
                chromaShiftY: Int(shape.log2_chroma_h), hasAlpha: shape.nb_components == 4)
        }
    }

    /// libav's format of these planes; nil where it has none.
    var avFormat: AVPixelFormat? {
        let depth = bitDepth == 8 ? "" : "\(bitDepth)le"
        let alpha = hasAlpha ? "a" : ""
        let name: String
        switch (family, chromaShiftX, chromaShiftY) {
        case (.gray, _, _): name = "gray"
        case (.rgb, _, _): name = "gbr\(alpha)p"
        case (.yuv, 0, 0): name = "yuv\(alpha)444p"
        case (.yuv, 1, 0): name = "yuv\(alpha)422p"
        case (.yuv, 1, 1): name = "yuv\(alpha)420p"
        case (.yuv, 0, 1): name = "yuv\(alpha)440p"
        case (.yuv, 2, 0): name = "yuv\(alpha)411p"
        case (.yuv, 2, 2): name = "yuv\(alpha)410p"
        default: return nil
        }
        let format = av_get_pix_fmt(name + depth)
        return format == AV_PIX_FMT_NONE ? nil : format
    }
}

extension AVPixFmtDescriptor {
    func has(_ flag: Int32) -> Bool { flags & UInt64(flag) != 0 }

    /// Each colour component in its own plane, in libav's usual order, one little-endian word a sample, value in the low bits.
    fileprivate var isPlainPlanes: Bool {
        let odd = [
            AV_PIX_FMT_FLAG_BE, AV_PIX_FMT_FLAG_PAL, AV_PIX_FMT_FLAG_BITSTREAM, AV_PIX_FMT_FLAG_HWACCEL,
            AV_PIX_FMT_FLAG_FLOAT, AV_PIX_FMT_FLAG_BAYER,
        ]
        guard !odd.contains(where: has) else { return false }
        let planes: [Int32] = has(AV_PIX_FMT_FLAG_RGB) ? [2, 0, 1, 3] : [0, 1, 2, 3]
        let used = nb_components == 2 ? [] : [comp.0, comp.1, comp.2, comp.3].prefix(Int(nb_components))
        return !used.isEmpty
            && zip(used, planes).allSatisfy { component, plane in
                (nb_components == 1 || component.plane == plane) && component.depth == comp.0.depth
                    && component.shift == 0 && component.offset == 0 && component.step == (component.depth + 7) / 8
            }
    }
}
