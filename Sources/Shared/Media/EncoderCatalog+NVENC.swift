internal import CLibAV
public import FarmModel

/// NVIDIA's encoders, a unit of the device (NVENC): taken where a user names them. A coordinator needs no device to plan for them;
/// workers announce those that open.
extension EncoderCatalog {
    static var nvenc: [EncoderDescription] {
        // The first layout is a job's by default, and is what units are tried on. Those that take it take pictures of such sides.
        [
            hardware("hevc_nvenc", .hevc, ["yuv420p10le", "yuv420p", "yuv444p10le", "yuv444p"], sides: 160...8192),
            hardware("h264_nvenc", .h264, ["yuv420p", "yuv444p"], sides: 160...4096),
            hardware("av1_nvenc", .av1, ["yuv420p10le", "yuv420p"], sides: 192...8192),
        ].compactMap { $0 }
    }

    private static func hardware(
        _ name: String, _ codec: Codec, _ layouts: [String], sides: ClosedRange<Int>
    ) -> EncoderDescription? {
        guard avcodec_find_encoder_by_name(name) != nil else { return nil }
        // The option `cq` takes 0 for "not given".
        return EncoderDescription(
            name: name, codec: codec, unit: .nvenc, layouts: layouts.compactMap { PixelLayout(libavName: $0) },
            crfRange: 1...51, presets: (1...7).map { "p\($0)" }, defaultPreset: "p5",
            minimumSide: sides.lowerBound, maximumWidth: sides.upperBound, maximumHeight: sides.upperBound,
            maximumArea: largestPicture, takesOddSizes: false)
    }

    /// The encoders that a worker can offer for one of its devices.
    /// - Parameter device: the index of a CUDA device; nil: the CPU.
    /// - Returns: their names, and of its device's others why they do not open, in libav's words.
    public static func offered(on device: Int?) -> (names: [String], refusals: [String: String]) {
        var (names, refusals): ([String], [String: String]) = ([], [:])
        for encoder in encoders {
            guard encoder.unit == .nvenc else {
                names.append(encoder.name)
                continue
            }
            guard let device else { continue }
            do {
                _ = try LibAVEncoder(settings: try trial(encoder), threads: 1, cudaDevice: device)
                names.append(encoder.name)
            } catch { refusals[encoder.name] = "\(error)" }
        }
        return (names, refusals)
    }

    /// Small pictures of the kind that a job has by default.
    private static func trial(_ encoder: EncoderDescription) throws -> EncodingSettings {
        guard let layout = encoder.layouts.first else {
            throw MediaError(.settings, "\(encoder.name) takes no pictures")
        }
        return EncodingSettings(
            codec: encoder.codec, encoder: encoder.name, crf: 18, preset: encoder.defaultPreset, parameters: [],
            picture: PictureFormat(width: 640, height: 368, layout: layout, color: ColorDescription()),
            sampleAspectRatio: Rational(1, 1),
            timeBase: Rational(1, 25), frameRate: Rational(25, 1), keyframeInterval: 25)
    }
}

extension EncodingSettings {
    /// A unit of a CUDA device encodes.
    public var isByNVENC: Bool { encoder.hasSuffix("_nvenc") }

    /// `rc-lookahead` of the user's parameters, in pictures.
    var lookahead: Int? {
        parameters.last { EncoderParameterRules.spellings($0.key).contains("rc-lookahead") }.flatMap { Int($0.value) }
    }

    /// Bytes of a device's memory that the encoder takes there: its context, and pictures that wait in it or are referred to. libav has
    /// so many wait as are looked ahead at, and nine more.
    public var deviceMemory: Int64 {
        guard isByNVENC else { return 0 }
        let (width, height) = (Int64(picture.width), Int64(picture.height))
        let samples = picture.layout.chromaFormat == 3 ? 3 * width * height : 3 * width * height / 2
        return 512 << 20 + Int64(24 + (lookahead ?? 0)) * samples * Int64(picture.layout.bytesPerSample)
    }
}
