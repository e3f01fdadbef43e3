internal import CLibAV
internal import FarmModel
internal import Foundation

extension LibAVContext {
    /// The user's options first, then everything that joining and determinism rest on.
    func setOptions(_ settings: EncodingSettings, threads: Int, cudaDevice: Int?) throws {
        pointer.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        pointer.pointee.gop_size = Int32(settings.keyframeInterval)
        // Makes libsvtav1 refuse options that it does not know instead of noting them in its log.
        pointer.pointee.err_recognition |= AV_EF_EXPLODE
        if settings.isByNVENC { return try setNVENC(settings, device: cudaDevice) }
        switch settings.codec {
        case .h264: try setX264(settings)
        case .av1: try setSVTAV1(settings, threads: threads)
        case .ffv1: try setFFV1(settings, threads: threads)
        case .hevc: break
        }
    }

    /// x264's bits depend on its number of threads, so it follows from the height alone. Two rows of macroblocks a
    /// thread is what x264 itself thinks the most.
    static func x264Threads(height: Int) -> Int { max(1, min(8, (height + 15) / 16 / 2)) }

    /// x264's AVX-512 code for mbtree reads memory that nobody wrote, unless the width is a multiple of 128: the same
    /// pictures then give other bits from run to run (build 164; seen with MALLOC_PERTURB_). With AVX2 they do not.
    private var x264Instructions: String { av_get_cpu_flags() & AV_CPU_FLAG_AVX512 != 0 ? ":asm=AVX2" : "" }

    private func setX264(_ settings: EncodingSettings) throws {
        let count = Self.x264Threads(height: settings.picture.height)
        pointer.pointee.thread_count = Int32(count)
        try set("preset", settings.preset ?? "medium")
        if let tune = settings.parameters.last(where: { $0.key == "tune" }) { try set("tune", tune.value) }
        try set("crf", "\(settings.crf)")
        // x264opts refuses what x264 does not know; x264-params, which comes later and so wins, only notes it.
        let users = joined(settings.parameters.filter { $0.key != "tune" })
        if !users.isEmpty { try set("x264opts", users) }
        try set(
            "x264-params",
            "stitchable=1:force-cfr=1:open-gop=0:intra-refresh=0:repeat-headers=0:annexb=0:threads=\(count):"
                + "sliced-threads=0:lookahead-threads=1:non-deterministic=0" + x264Instructions)
    }

    private func setSVTAV1(_ settings: EncodingSettings, threads: Int) throws {
        try set("preset", settings.preset ?? "8")
        let users = settings.parameters.isEmpty ? "" : joined(settings.parameters) + ":"
        // The option `crf` of libavcodec takes 0 for "not given".
        try set("svtav1-params", users + "rc=0:crf=\(settings.crf):irefresh-type=2:lp=\(max(1, threads))")
    }

    private func setFFV1(_ settings: EncodingSettings, threads: Int) throws {
        pointer.pointee.level = 3
        pointer.pointee.gop_size = 1
        pointer.pointee.bits_per_raw_sample = Int32(settings.picture.layout.bitDepth)
        // The number of slices is part of the bitstream, so it follows from the size alone. Slices must begin on whole
        // chroma samples; where 4x4 of them do not, libavcodec finds a number that does.
        let (width, height) = (settings.picture.width, settings.picture.height)
        pointer.pointee.slices = width >= 256 && height >= 128 && width % 8 == 0 && height % 8 == 0 ? 16 : 0
        pointer.pointee.thread_type = FF_THREAD_SLICE
        pointer.pointee.thread_count = Int32(max(1, threads))
        try set("slicecrc", "1")
        try set("coder", "range_tab")
        for parameter in settings.parameters { try set(parameter.key, parameter.value) }
    }

    /// One constant quality, as `crf` is: a target of quality without one of the bit rate. Whatever presets leave to the device and
    /// parameter sets tell of is fixed, so that a device which cannot do it does not offer the encoder.
    private func setNVENC(_ settings: EncodingSettings, device: Int?) throws {
        pointer.pointee.bit_rate = 0
        pointer.pointee.max_b_frames = 3
        try set("preset", settings.preset ?? "p5")
        try set("tune", "hq")
        if settings.codec == .h264 { try set("profile", "high") }  // of 4:4:4 it takes another
        for parameter in settings.parameters { try set(parameter.key, parameter.value) }
        try set("rc", "vbr")
        try set("cq", "\(settings.crf)")
        try set("gpu", device.map(String.init) ?? "any")
    }

    private func joined(_ parameters: [EncoderParameter]) -> String {
        parameters.map { "\($0.key)=\($0.value)" }.joined(separator: ":")
    }

    private func set(_ key: String, _ value: String) throws {
        LibAVLog.take()
        let answer = av_opt_set(pointer.pointee.priv_data, key, value, 0)
        guard answer >= 0 else {
            let encoder = text(pointer.pointee.codec.pointee.name) ?? "the encoder"
            throw MediaError(
                .settings, "\(encoder) does not take \(key)=\(value)", code: answer, logged: LibAVLog.take())
        }
    }
}
