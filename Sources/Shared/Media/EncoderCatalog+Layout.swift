internal import FarmModel

extension EncoderCatalog {
    /// The layout that the user names, or the one that `resolve` promises.
    static func layout(_ settings: JobSettings, encoder: EncoderDescription, input: PixelLayout) throws -> PixelLayout {
        guard let name = settings.pixelFormat else { return defaultLayout(encoder, input: input) }
        let known = encoder.layouts.compactMap(\.libavName).joined(separator: ", ")
        // Big words aside, `yuv420p10` is what people type.
        guard let layout = PixelLayout(libavName: name) ?? PixelLayout(libavName: name + "le"), encoder.takes(layout)
        else {
            throw MediaError(.settings, "\(encoder.name) does not take pixel format \(name); it takes: \(known)")
        }
        return layout
    }

    static func defaultLayout(_ encoder: EncoderDescription, input: PixelLayout) -> PixelLayout {
        let depth =
            switch encoder.codec {
            case .hevc, .av1: 10
            case .h264: 8
            case .ffv1: input.bitDepth
            }
        for shape in shapes(like: input, codec: encoder.codec) {
            let able = encoder.layouts.filter { $0.with(bitDepth: depth) == shape.with(bitDepth: depth) }
            let deepest = able.max { $0.bitDepth < $1.bitDepth }
            let enough = able.filter { $0.bitDepth >= depth }.min { $0.bitDepth < $1.bitDepth }
            if let layout = enough ?? deepest { return layout }
        }
        return PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1)
    }

    /// Families and chroma to try, the best first.
    private static func shapes(like input: PixelLayout, codec: Codec) -> [PixelLayout] {
        func yuv(_ x: Int, _ y: Int) -> PixelLayout {
            PixelLayout(family: .yuv, bitDepth: input.bitDepth, chromaShiftX: x, chromaShiftY: y)
        }
        switch input.family {
        case .gray: return codec == .ffv1 ? [input] : [yuv(1, 1), input]
        case .rgb: return [input, yuv(0, 0), yuv(1, 1)]
        case .yuv:
            let finer = [yuv(1, 1), yuv(1, 0), yuv(0, 0)].filter {
                $0.chromaShiftX <= input.chromaShiftX && $0.chromaShiftY <= input.chromaShiftY
            }
            return [input] + finer + [yuv(1, 1)]
        }
    }

    /// The source's colour. Two things may have to be said anew: the matrix, where none is tagged and the convention
    /// would take another one for the larger picture or the family changes; and where chroma lies, when its grid changes.
    static func color(of input: PictureFormat, scale: Int, layout: PixelLayout) -> ColorDescription {
        var color = input.color
        let guessed = color.effectiveMatrix(height: input.height)
        if layout.family == .rgb {
            color.matrix = 0
        } else if input.layout.family == .rgb || color.matrix == 0 {
            color.matrix = 1
        } else if color.matrix == 2, guessed != color.effectiveMatrix(height: input.height * scale) {
            color.matrix = guessed
        }
        let isSubsampled = layout.chromaFormat == 1
        let sameGrid =
            (input.layout.chromaShiftX, input.layout.chromaShiftY) == (layout.chromaShiftX, layout.chromaShiftY)
        if !isSubsampled || layout.family != .yuv {
            color.chromaLocation = .unspecified
        } else if !sameGrid {
            color.chromaLocation = .left
        }
        return color
    }
}
