internal import CX265
internal import FarmModel
internal import Foundation

/// x265's parameters for a job: the user's first, then everything that joining and determinism rest on.
final class X265Parameters {
    let pointer: UnsafeMutablePointer<x265_param>
    private let api: x265_api

    /// One frame thread gives other bits than several, and x265's own choice depends on the machine's cores: the same
    /// number everywhere. More than two are not safe: with three and CU-tree, x265 3.5 now and then encodes a B picture
    /// with other quantizers (a race between its lookahead and its frame encoders; valid streams, but not the same ones).
    static let frameThreads = 2

    init(settings: EncodingSettings, threads: Int, api: x265_api) throws {
        guard let pointer = api.param_alloc() else { throw MediaError(.codec, "libx265: out of memory") }
        self.pointer = pointer
        self.api = api
        try applyPreset(settings)
        for parameter in settings.parameters where parameter.key != "tune" {
            try set(parameter.key, parameter.value)
        }
        try applyJob(settings, threads: threads)
        try applyColor(settings)
        try applyHDR(settings)
    }

    deinit { api.param_free(pointer) }

    private func applyPreset(_ settings: EncodingSettings) throws {
        let tune = settings.parameters.last { $0.key == "tune" }?.value
        guard api.param_default_preset(pointer, settings.preset ?? "medium", tune) == 0 else {
            throw MediaError(
                .settings,
                "libx265 knows no preset \(settings.preset ?? "medium")" + (tune.map { " with tune \($0)" } ?? ""))
        }
        pointer.pointee.logLevel = X265_LOG_ERROR
    }

    private func applyJob(_ settings: EncodingSettings, threads: Int) throws {
        let rate = settings.nominalFrameRate
        pointer.pointee.sourceWidth = Int32(settings.picture.width)
        pointer.pointee.sourceHeight = Int32(settings.picture.height)
        pointer.pointee.internalCsp = Int32(settings.picture.layout.chromaFormat)
        pointer.pointee.internalBitDepth = Int32(settings.picture.layout.bitDepth)
        pointer.pointee.sourceBitDepth = Int32(settings.picture.layout.bitDepth)
        pointer.pointee.fpsNum = UInt32(rate.numerator)
        pointer.pointee.fpsDenom = UInt32(rate.denominator)
        // Never pools=none: without a pool x265 drops wavefronts, and with them changes the parameter sets.
        let fixed: [(String, String)] = [
            ("crf", "\(settings.crf)"), ("keyint", "\(settings.keyframeInterval)"), ("open-gop", "0"), ("annexb", "0"),
            ("repeat-headers", "0"), ("info", "0"), ("frame-threads", "\(Self.frameThreads)"),
            ("pools", "\(max(1, threads))"),
        ]
        for (key, value) in fixed { try set(key, value) }
        let interval = Int32(settings.keyframeInterval)
        if pointer.pointee.keyframeMin > interval { pointer.pointee.keyframeMin = interval }
    }

    private func applyColor(_ settings: EncodingSettings) throws {
        let color = settings.picture.color
        let aspect = settings.sampleAspectRatio
        if aspect.numerator > 0, aspect.denominator > 0 { try set("sar", "\(aspect.numerator):\(aspect.denominator)") }
        try set("range", color.isFullRange ? "full" : "limited")
        if color.matrix != 2 || color.primaries != 2 || color.transfer != 2 {
            try set("colorprim", "\(color.primaries)")
            try set("transfer", "\(color.transfer)")
            try set("colormatrix", "\(color.matrix)")
        }
        if color.chromaLocation != .unspecified, settings.picture.layout.chromaFormat == 1 {
            // chroma_sample_loc_type counts from 0, libav from 1.
            try set("chromaloc", "\(color.chromaLocation.rawValue - 1)")
        }
    }

    private func applyHDR(_ settings: EncodingSettings) throws {
        if let display = settings.hdr?.display {
            let points = [("G", display.green), ("B", display.blue), ("R", display.red), ("WP", display.white)]
            let text = points.map { "\($0)(\($1.x),\($1.y))" }.joined()
            try set("master-display", text + "L(\(display.mostLuminance),\(display.leastLuminance))")
        }
        if let light = settings.hdr?.light { try set("max-cll", "\(light.most),\(light.frameAverage)") }
    }

    private func set(_ key: String, _ value: String) throws {
        switch api.param_parse(pointer, key, value) {
        case 0: return
        case X265_PARAM_BAD_NAME: throw MediaError(.settings, "libx265 knows no parameter \(key)")
        default: throw MediaError(.settings, "libx265 does not take \(key)=\(value)")
        }
    }
}
