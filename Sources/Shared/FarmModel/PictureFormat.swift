/// The planes of a picture: how many, how deep, how chroma is subsampled.
/// Samples of more than 8 bits take 16-bit little-endian words with the value in the low bits.
public struct PixelLayout: Codable, Hashable, Sendable {
    public enum Family: String, Codable, Hashable, Sendable {
        /// Planes Y, Cb, Cr.
        case yuv
        /// One plane Y.
        case gray
        /// Planes G, B, R (libav's gbrp order).
        case rgb
    }

    public var family: Family
    /// 8, 10, 12 or 16.
    public var bitDepth: Int
    /// Horizontal and vertical chroma subsampling as powers of two: 4:2:0 is (1, 1), 4:2:2 (1, 0), 4:4:4 (0, 0).
    public var chromaShiftX: Int
    public var chromaShiftY: Int
    /// True or nil, so that layouts without alpha are written as ever.
    private var alpha: Bool?

    /// - Parameter hasAlpha: of `.yuv` and `.rgb` only.
    public init(family: Family, bitDepth: Int, chromaShiftX: Int = 0, chromaShiftY: Int = 0, hasAlpha: Bool = false) {
        self.family = family
        self.bitDepth = bitDepth
        self.chromaShiftX = chromaShiftX
        self.chromaShiftY = chromaShiftY
        alpha = hasAlpha && family != .gray ? true : nil
    }

    /// Whether a fourth plane, as large as the picture and of full range, says how opaque it is.
    public var hasAlpha: Bool { alpha == true }
    public var planeCount: Int { family == .gray ? 1 : hasAlpha ? 4 : 3 }
    public var bytesPerSample: Int { bitDepth > 8 ? 2 : 1 }

    /// The same planes at another depth.
    public func with(bitDepth: Int) -> PixelLayout {
        PixelLayout(
            family: family, bitDepth: bitDepth, chromaShiftX: chromaShiftX, chromaShiftY: chromaShiftY,
            hasAlpha: hasAlpha)
    }

    /// The same planes with alpha or without.
    public func with(alpha: Bool) -> PixelLayout {
        PixelLayout(
            family: family, bitDepth: bitDepth, chromaShiftX: chromaShiftX, chromaShiftY: chromaShiftY, hasAlpha: alpha)
    }
}

/// A picture's size in luma samples, its planes and what its samples mean.
public struct PictureFormat: Codable, Hashable, Sendable {
    public var width: Int
    public var height: Int
    public var layout: PixelLayout
    public var color: ColorDescription

    public init(width: Int, height: Int, layout: PixelLayout, color: ColorDescription) {
        self.width = width
        self.height = height
        self.layout = layout
        self.color = color
    }

    /// Width and height in samples of plane `index`; subsampled planes round up.
    public func planeSize(_ index: Int) -> (width: Int, height: Int) {
        guard index == 1 || index == 2, layout.family == .yuv else { return (width, height) }
        return (
            (width + (1 << layout.chromaShiftX) - 1) >> layout.chromaShiftX,
            (height + (1 << layout.chromaShiftY) - 1) >> layout.chromaShiftY
        )
    }
}
