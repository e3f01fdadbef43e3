internal import CLibAV
internal import FarmModel
internal import Foundation

extension CodecParameters {
    /// The value of what libav knows about a video stream.
    init(_ parameters: AVCodecParameters) {
        let extradata = parameters.extradata.map { Data(bytes: $0, count: Int(parameters.extradata_size)) }
        self.init(
            codec: String(cString: avcodec_get_name(parameters.codec_id)), codecTag: parameters.codec_tag,
            extradata: extradata ?? Data(),
            pixelFormat: text(av_get_pix_fmt_name(AVPixelFormat(parameters.format))),
            width: Int(parameters.width), height: Int(parameters.height), profile: Int(parameters.profile),
            level: Int(parameters.level), bitsPerCodedSample: Int(parameters.bits_per_coded_sample),
            bitsPerRawSample: Int(parameters.bits_per_raw_sample), fieldOrder: Int(parameters.field_order.rawValue),
            videoDelay: Int(parameters.video_delay), sampleAspectRatio: Rational(parameters.sample_aspect_ratio),
            color: ColorDescription(parameters))
    }

    /// Calls `body` with these parameters as libav's, which live until it returns.
    func withLibAV<T>(_ body: (UnsafeMutablePointer<AVCodecParameters>) throws -> T) throws -> T {
        var pointer = avcodec_parameters_alloc()
        defer { avcodec_parameters_free(&pointer) }
        guard let pointer else { throw MediaError(.codec, "out of memory for codec parameters") }
        try fill(pointer)
        return try body(pointer)
    }

    private func fill(_ target: UnsafeMutablePointer<AVCodecParameters>) throws {
        guard let descriptor = avcodec_descriptor_get_by_name(codec), descriptor.pointee.type == AVMEDIA_TYPE_VIDEO
        else {
            throw MediaError(.codec, "libavcodec knows no video codec \(codec)")
        }
        target.pointee.codec_type = AVMEDIA_TYPE_VIDEO
        target.pointee.codec_id = descriptor.pointee.id
        target.pointee.codec_tag = codecTag
        target.pointee.format = pixelFormat.map { av_get_pix_fmt($0).rawValue } ?? AV_PIX_FMT_NONE.rawValue
        target.pointee.width = Int32(clamping: width)
        target.pointee.height = Int32(clamping: height)
        target.pointee.profile = Int32(clamping: profile)
        target.pointee.level = Int32(clamping: level)
        target.pointee.bits_per_coded_sample = Int32(clamping: bitsPerCodedSample)
        target.pointee.bits_per_raw_sample = Int32(clamping: bitsPerRawSample)
        target.pointee.field_order = AVFieldOrder(UInt32(clamping: fieldOrder))
        target.pointee.video_delay = Int32(clamping: videoDelay)
        target.pointee.sample_aspect_ratio = sampleAspectRatio.av
        target.pointee.color_space = AVColorSpace(UInt32(clamping: color.matrix))
        target.pointee.color_primaries = AVColorPrimaries(UInt32(clamping: color.primaries))
        target.pointee.color_trc = AVColorTransferCharacteristic(UInt32(clamping: color.transfer))
        target.pointee.color_range = color.isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_UNSPECIFIED
        target.pointee.chroma_location = AVChromaLocation(UInt32(color.chromaLocation.rawValue))
        try fillExtradata(target)
    }

    private func fillExtradata(_ target: UnsafeMutablePointer<AVCodecParameters>) throws {
        guard !extradata.isEmpty else { return }
        // libav's parsers read past the end: the padding must be there, and zero.
        let padded = extradata.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)
        guard let memory = av_mallocz(padded) else { throw MediaError(.codec, "out of memory for codec parameters") }
        extradata.withUnsafeBytes {
            memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: $0.count)
        }
        target.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
        target.pointee.extradata_size = Int32(extradata.count)
    }
}
