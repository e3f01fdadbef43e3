internal import CLibAV
internal import FarmModel
internal import Foundation

/// An opened AVCodecContext for a job's settings.
final class LibAVContext {
    let pointer: UnsafeMutablePointer<AVCodecContext>
    private let name: String
    private let sink = LibAVLog.Sink()
    private var isOpen = false
    private var hasPictures = false
    private var isDrained = false

    /// - Parameters:
    ///   - cudaDevice: whose unit encodes, for NVENC.
    ///   - opens: false: nothing but names and values of options is tried, which needs no device.
    init(settings: EncodingSettings, threads: Int, cudaDevice: Int? = nil, opens: Bool = true) throws {
        LibAVContext.quietSVT
        LibAVLog.install()
        guard let codec = avcodec_find_encoder_by_name(settings.encoder),
            let pointer = avcodec_alloc_context3(codec)
        else { throw MediaError(.settings, "this build has no encoder \(settings.encoder)") }
        self.pointer = pointer
        name = settings.encoder
        pointer.pointee.opaque = LibAVLog.register(sink)
        try describe(settings)
        try setOptions(settings, threads: threads, cudaDevice: cudaDevice)
        LibAVLog.take()
        guard opens else { return }
        let answer = avcodec_open2(pointer, codec, nil)
        guard answer >= 0 else {
            let logged = settings.isByNVENC ? LibAVLog.takeAll() : LibAVLog.take()
            throw MediaError(.settings, settings.refusal, code: answer, logged: logged)
        }
        isOpen = true
    }

    /// Gives the encoder a picture, or nil to drain it.
    func send(_ picture: LibAVFrame?) throws {
        if picture == nil { isDrained = true } else { hasPictures = true }
        let answer = avcodec_send_frame(pointer, picture?.pointer)
        guard answer >= 0 else { throw failed(answer) }
    }

    /// Puts the next packet into `packet`; false where the encoder wants another picture, or has ended.
    func receive(_ packet: DemuxedPacket) throws -> Bool {
        let answer = avcodec_receive_packet(pointer, packet.pointer)
        if answer == av_shim_error_again || answer == av_shim_error_eof { return false }
        guard answer >= 0 else { throw failed(answer) }
        return true
    }

    /// Memory for a picture of the encoder's kind.
    func emptyPicture() throws -> LibAVFrame {
        let frame = try LibAVFrame()
        frame.pointer.pointee.format = pointer.pointee.pix_fmt.rawValue
        frame.pointer.pointee.width = pointer.pointee.width
        frame.pointer.pointee.height = pointer.pointee.height
        frame.pointer.pointee.colorspace = pointer.pointee.colorspace
        frame.pointer.pointee.color_primaries = pointer.pointee.color_primaries
        frame.pointer.pointee.color_trc = pointer.pointee.color_trc
        frame.pointer.pointee.color_range = pointer.pointee.color_range
        frame.pointer.pointee.chroma_location = pointer.pointee.chroma_sample_location
        try check(av_frame_get_buffer(frame.pointer, 0), .codec, "\(name): memory for a picture")
        return frame
    }

    private func failed(_ answer: Int32) -> MediaError {
        MediaError(.codec, "\(name) failed to encode a picture", code: answer, logged: sink.take())
    }

    deinit {
        // SVT-AV1 1.4 waits for ever when it is closed without having seen a picture, and complains when it was not drained.
        if name == "libsvtav1", isOpen, !isDrained { try? drain() }
        LibAVLog.unregister(pointer.pointee.opaque)
        var context: UnsafeMutablePointer<AVCodecContext>? = pointer
        avcodec_free_context(&context)
    }

    private func drain() throws {
        if !hasPictures { try send(emptyPicture()) }
        try send(nil)
        let packet = try DemuxedPacket()
        while try receive(packet) { av_packet_unref(packet.pointer) }
    }

    private func describe(_ settings: EncodingSettings) throws {
        guard let format = settings.encoderFormat else {
            throw MediaError(.settings, "libav has no pixel format for \(settings.picture.layout)")
        }
        let rate = settings.nominalFrameRate
        pointer.pointee.pix_fmt = format
        pointer.pointee.width = Int32(settings.picture.width)
        pointer.pointee.height = Int32(settings.picture.height)
        // Pictures are counted (PictureClock), one tick each.
        pointer.pointee.time_base = AVRational(num: rate.denominator, den: rate.numerator)
        pointer.pointee.framerate = AVRational(num: rate.numerator, den: rate.denominator)
        let aspect = settings.sampleAspectRatio
        if aspect.numerator > 0, aspect.denominator > 0 {
            pointer.pointee.sample_aspect_ratio = AVRational(num: aspect.numerator, den: aspect.denominator)
        }
        let color = settings.picture.color
        pointer.pointee.colorspace = AVColorSpace(UInt32(color.matrix))
        pointer.pointee.color_primaries = AVColorPrimaries(UInt32(color.primaries))
        pointer.pointee.color_trc = AVColorTransferCharacteristic(UInt32(color.transfer))
        pointer.pointee.color_range = color.isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
        pointer.pointee.chroma_sample_location = AVChromaLocation(UInt32(color.chromaLocation.rawValue))
    }

    func stream(_ settings: EncodingSettings) throws -> VideoStream {
        let raw =
            pointer.pointee.extradata.map { Data(bytes: $0, count: Int(pointer.pointee.extradata_size)) } ?? Data()
        let layout = settings.picture.layout
        guard let extradata = Self.headers(settings, raw), !extradata.isEmpty else {
            throw MediaError(.codec, "\(settings.encoder) gave no parameter sets")
        }
        let parameters = CodecParameters(
            codec: settings.codec.rawValue, extradata: extradata, pixelFormat: layout.libavName,
            width: settings.picture.width, height: settings.picture.height, profile: Int(pointer.pointee.profile),
            level: Int(pointer.pointee.level), bitsPerRawSample: layout.bitDepth,
            sampleAspectRatio: settings.sampleAspectRatio, color: settings.picture.color)
        return VideoStream(parameters: parameters, timeBase: settings.timeBase, frameRate: settings.frameRate)
    }

    /// What MP4 and Matroska hold of an encoder's headers.
    private static func headers(_ settings: EncodingSettings, _ raw: Data) -> Data? {
        let (format, depth) = (settings.picture.layout.chromaFormat, settings.picture.layout.bitDepth)
        let units = settings.isByNVENC ? CodedUnits.split(startCoded: raw) : CodedUnits.split(lengthPrefixed: raw)
        switch settings.codec {
        case .h264: return units.flatMap { DecoderConfiguration.avcC($0, chromaFormat: format, bitDepth: depth) }
        case .hevc: return units.flatMap { DecoderConfiguration.hvcC($0, chromaFormat: format, bitDepth: depth) }
        case .av1, .ffv1: return raw
        }
    }

    /// SVT-AV1 reports to stderr on its own account and hears only this variable: errors alone.
    private static let quietSVT: Void = { _ = setenv("SVT_LOG", "1", 0) }()
}
