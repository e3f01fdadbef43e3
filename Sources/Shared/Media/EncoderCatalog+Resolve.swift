public import FarmModel

extension EncoderCatalog {
    /// How a job's segments are encoded: what the user asked for, and for the rest what suits the source.
    ///
    /// Left to us: the codec's first encoder; its default preset; 10 bit for HEVC and AV1, 8 for H.264, the source's
    /// depth for FFV1 (so that a lossless film compares with the source bit for bit); chroma as the source's where the
    /// encoder has it, else the nearest that loses nothing, else 4:2:0; gray as 4:2:0, which every player shows, except
    /// for FFV1. Colour is tagged as the source's; a keyframe at least every ten seconds.
    /// - Parameters:
    ///   - source: the film's video stream.
    ///   - input: its decoded pictures.
    ///   - scale: the network's pixels per input pixel along each axis.
    ///   - isShownTurned: the container has the result turned by a quarter: its width is what is seen as its height.
    /// - Throws: `MediaError` of kind `.settings`, in one line, for everything that the encoder would refuse or that
    ///   would keep segments from being joined.
    public static func resolve(
        settings: JobSettings, source: VideoStream, input: PictureFormat, scale: Int, isShownTurned: Bool = false
    ) throws -> EncodingSettings {
        let encoder = try chosen(settings)
        let layout = try layout(settings, encoder: encoder, input: input.layout)
        let (width, height) = try size(settings, of: input, scale: scale, layout: layout, isShownTurned: isShownTurned)
        let picture = PictureFormat(
            width: width, height: height, layout: layout,
            color: color(of: input, height: height, layout: layout, unit: encoder.unit))
        let rate = source.frameRate
        try checkSize(picture, encoder: encoder)
        try checkRate(picture, rate, encoder: encoder)
        var resolved = EncodingSettings(
            codec: settings.codec, encoder: encoder.name, crf: try crf(settings, encoder: encoder),
            preset: try preset(settings, encoder: encoder), parameters: settings.encoderParameters, picture: picture,
            sampleAspectRatio: source.parameters.sampleAspectRatio, timeBase: source.timeBase, frameRate: rate,
            keyframeInterval: keyframeInterval(encoder, rate: rate))
        try EncoderParameterRules.apply(to: &resolved)
        try tryOut(resolved, unit: encoder.unit)
        return resolved
    }

    /// What only the encoder itself can tell (levels, combinations of options) comes out by opening it once; of one in hardware that need
    /// not be here its options' names and values.
    private static func tryOut(_ settings: EncodingSettings, unit: EncodingUnit) throws {
        switch unit {
        case .cpu: try EncoderChatter.told { _ = try open(settings, threads: 1) }
        case .nvenc: _ = try LibAVContext(settings: settings, threads: 1, opens: false)
        }
    }

    private static func chosen(_ settings: JobSettings) throws -> EncoderDescription {
        let able = encoders(for: settings.codec)
        let names = able.map(\.name).joined(separator: ", ")
        guard let name = settings.encoder else {
            guard let first = able.first(where: { $0.unit == .cpu }) else {
                throw MediaError(.settings, "this build has no encoder for \(settings.codec.rawValue)")
            }
            return first
        }
        guard let found = encoder(named: name) else {
            throw MediaError(.settings, "unknown encoder \(name); for \(settings.codec.rawValue) there is: \(names)")
        }
        guard found.codec == settings.codec else {
            throw MediaError(
                .settings,
                "encoder \(name) makes \(found.codec.rawValue), not \(settings.codec.rawValue); take: \(names)")
        }
        return found
    }

    private static func crf(_ settings: JobSettings, encoder: EncoderDescription) throws -> Int {
        guard let range = encoder.crfRange else { return 0 }
        guard range.contains(settings.crf) else {
            throw MediaError(
                .settings,
                "crf \(settings.crf) is outside \(encoder.name)'s range \(range.lowerBound) to \(range.upperBound)")
        }
        return settings.crf
    }

    private static func preset(_ settings: JobSettings, encoder: EncoderDescription) throws -> String? {
        guard let preset = settings.preset else { return encoder.defaultPreset }
        guard encoder.presets.contains(preset) else {
            let known = encoder.presets.isEmpty ? "it has none" : "it has: " + encoder.presets.joined(separator: ", ")
            throw MediaError(.settings, "unknown preset \(preset) for \(encoder.name); \(known)")
        }
        return preset
    }

    private static func keyframeInterval(_ encoder: EncoderDescription, rate: Rational) -> Int {
        guard encoder.codec != .ffv1 else { return 1 }
        return rate.value > 0 ? max(24, min(600, Int((rate.value * 10).rounded()))) : 250
    }

    /// Beyond level 6.2 no player is promised to keep up, and x265 3.5 then writes a low level that is wrong. The three codecs allow
    /// the same: H.265 table A.9, H.264 table A-1 (16,711,680 macroblocks), AV1 annex A.3.
    private static func checkRate(_ picture: PictureFormat, _ rate: Rational, encoder: EncoderDescription) throws {
        let samples = Double(picture.width) * Double(picture.height) * rate.value
        guard encoder.codec != .ffv1, samples > 4_278_190_080 else { return }
        let frames = (rate.value * 1000).rounded() / 1000
        throw MediaError(
            .settings,
            "\(picture.width)x\(picture.height) at \(frames) frames/s is more than level 6.2, the highest of "
                + "\(encoder.codec.rawValue), allows; choose a smaller --scale or --height")
    }

    private static func checkSize(_ picture: PictureFormat, encoder: EncoderDescription) throws {
        let (width, height) = (picture.width, picture.height)
        guard min(width, height) >= encoder.minimumSide else {
            throw MediaError(
                .settings,
                "\(encoder.name) takes no picture of \(width)x\(height): the least is \(encoder.minimumSide) a side")
        }
        guard width <= encoder.maximumWidth, height <= encoder.maximumHeight, width * height <= encoder.maximumArea
        else {
            throw MediaError(
                .settings,
                "\(encoder.name) takes no picture of \(width)x\(height): at most \(encoder.maximumWidth) wide, "
                    + "\(encoder.maximumHeight) high and "
                    + "\(encoder.maximumArea) samples in all; choose a smaller --scale or --height")
        }
        let layout = picture.layout
        let odd = width % (1 << layout.chromaShiftX) != 0 || height % (1 << layout.chromaShiftY) != 0
        if layout.family == .yuv, odd, !encoder.takesOddSizes {
            let way = encoder.layouts.last { $0.chromaShiftX == 0 && $0.family == .yuv && $0.bitDepth <= 10 }?.libavName
            throw MediaError(
                .settings,
                "\(encoder.name) takes no odd size (\(width)x\(height)) with \(layout.libavName ?? "subsampled chroma"); "
                    + "choose another --scale, an even --height or "
                    + (way.map { "--pixel-format \($0)" } ?? "another --codec"))
        }
    }
}
