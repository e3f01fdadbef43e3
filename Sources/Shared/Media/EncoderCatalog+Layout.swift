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

    /// Families and chroma to try, the best first: with alpha, where the film has it.
    private static func shapes(like input: PixelLayout, codec: Codec) -> [PixelLayout] {
        let opaque = opaqueShapes(like: input.with(alpha: false), codec: codec)
        return input.hasAlpha ? opaque.map { $0.with(alpha: true) } + opaque : opaque
    }

    private static func opaqueShapes(like input: PixelLayout, codec: Codec) -> [PixelLayout] {
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

    /// The source's colour, and what has to be said anew: the matrix, where the family changes or where none is tagged and
    /// the convention would take another one for a picture of the new height; and where chroma lies, when its grid changes. The
    /// pixels are made as this says.
    ///
    /// - Parameter height: the result's.
    static func color(
        of input: PictureFormat, height: Int, layout: PixelLayout, unit: EncodingUnit = .cpu
    ) -> ColorDescription {
        var color = input.color
        color.matrix = matrix(of: input, height: height, layout: layout)
        let isSubsampled = layout.chromaFormat == 1
        let sameGrid =
            (input.layout.chromaShiftX, input.layout.chromaShiftY) == (layout.chromaShiftX, layout.chromaShiftY)
        if !isSubsampled || layout.family != .yuv {
            // Nothing but 4:2:0 can say it; left is what is taken then.
            color.chromaLocation = .unspecified
        } else if !sameGrid || (unit == .nvenc && color.chromaLocation != .unspecified) {
            // libav's NVENC does not say it either.
            color.chromaLocation = .left
        }
        return color
    }

    private static func matrix(of input: PictureFormat, height: Int, layout: PixelLayout) -> Int {
        let color = input.color
        guard layout.family != .rgb else { return 0 }
        guard input.layout.family != .rgb, color.matrix != 0, color.hasKnownMatrix else {
            // R'G'B' becomes Y'CbCr by the matrix that belongs to its primaries.
            return switch color.primaries {
            case 9: 9
            case 5, 6: 6
            default: 1
            }
        }
        let guessed = color.effectiveMatrix(height: input.height)
        return color.effectiveMatrix(height: height) == guessed ? color.matrix : guessed
    }
}
