internal import CLibAV

/// A CUDA device whose own unit (NVDEC) decodes for `VideoDecoder`s. Pictures stay in its memory.
///
/// It works in the device's primary context, which libtorch shares, so that both can use each other's memory. libav refuses a
/// primary context that others made before with flags of their own: open this before libtorch touches the device.
// Sendable by hand: the reference is set once, and libav counts what refers to it atomically.
public final class HardwareDecoder: @unchecked Sendable, CustomStringConvertible {
    public let description: String
    private let device: UnsafeMutablePointer<AVBufferRef>

    /// - Parameter cudaDevice: its index, as the driver and libtorch count.
    /// - Throws: `MediaError` with libav's words where there is no driver, no such device, or no context to share.
    public init(cudaDevice index: Int) throws {
        LibAVLog.install()
        LibAVLog.take()
        description = "NVDEC of cuda:\(index)"
        var device: UnsafeMutablePointer<AVBufferRef>?
        let answer = av_hwdevice_ctx_create(
            &device, AV_HWDEVICE_TYPE_CUDA, "\(index)", nil, av_shim_cuda_primary_context)
        guard answer >= 0, let device else {
            throw MediaError(.codec, "opening \(description)", code: answer, logged: LibAVLog.take())
        }
        self.device = device
    }

    /// A device that nothing has opened, for tests of what happens before it is needed.
    init(unopened index: Int) throws {
        LibAVLog.install()
        description = "NVDEC of cuda:\(index)"
        guard let device = av_hwdevice_ctx_alloc(AV_HWDEVICE_TYPE_CUDA) else {
            throw MediaError(.codec, "this libavutil was built without CUDA")
        }
        self.device = device
    }

    deinit {
        var device: UnsafeMutablePointer<AVBufferRef>? = device
        av_buffer_unref(&device)
    }

    /// Lets `context`, which is not open yet, decode here and nowhere else.
    func attach(to context: UnsafeMutablePointer<AVCodecContext>) throws {
        guard let reference = av_buffer_ref(device) else { throw MediaError(.codec, "out of memory for a decoder") }
        context.pointee.hw_device_ctx = reference
        context.pointee.extra_hw_frames = Self.extraSurfaces
        context.pointee.get_format = Self.choose
        // The unit works by itself; threads would only give pictures later.
        context.pointee.thread_count = 1
        context.pointee.thread_type = 0
    }

    /// Pictures that may be held beside those that others refer to.
    private static let extraSurfaces: Int32 = 8

    /// libavcodec asks which of the formats it could give it shall give, anew where the stream changes, and again without CUDA where
    /// the unit refuses the stream. It would go on in software then; whoever asked for hardware is told instead.
    private static let choose:
        @convention(c) (UnsafeMutablePointer<AVCodecContext>?, UnsafePointer<AVPixelFormat>?) -> AVPixelFormat = {
            context, offered in
            var (names, next) = ([String](), offered)
            while let format = next?.pointee, format != AV_PIX_FMT_NONE {
                if format == AV_PIX_FMT_CUDA { return format }
                names.append(text(av_get_pix_fmt_name(format)) ?? "?")
                next = next?.successor()
            }
            let sink = LibAVLog.sink(context?.pointee.opaque)
            let words = sink?.take().map { " (\($0))" } ?? ""
            sink?.refuse("libavcodec offers no pictures on the device, only \(names.joined(separator: ", "))\(words)")
            return AV_PIX_FMT_NONE
        }
}
