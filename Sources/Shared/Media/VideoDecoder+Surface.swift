internal import CLibAV
internal import FarmModel

extension VideoDecoder {
    /// What a device's surface holds.
    /// - Throws: where it holds other samples than software would give: unknown ones, of another profile than the stream began with, or
    ///   without the film grain that software adds.
    func surface(_ frame: LibAVFrame, of hardware: HardwareDecoder) throws -> (PixelLayout, PictureMemory) {
        func refused(_ reason: String) -> MediaError {
            MediaError(.codec, "decoding \(stream.parameters.codec) on \(hardware): \(reason)")
        }
        var parameters = stream.parameters
        parameters.profile = Int(context.pointee.profile)
        if let reason = HardwareDecoder.refusal(of: parameters) { throw refused(reason) }
        guard av_frame_get_side_data(frame.pointer, AV_FRAME_DATA_FILM_GRAIN_PARAMS) == nil else {
            throw refused("the stream asks for film grain, which only software adds")
        }
        let format = AVPixelFormat(frame.pointer.pointee.format)
        let surface = av_shim_surface_format(frame.pointer)
        switch (format, surface) {
        case (AV_PIX_FMT_CUDA, AV_PIX_FMT_NV12): return (.chroma420(8), .device(chromaStep: 2, shift: 0))
        case (AV_PIX_FMT_CUDA, AV_PIX_FMT_P010LE): return (.chroma420(10), .device(chromaStep: 2, shift: 6))
        default:
            let names = [format, surface].compactMap { text(av_get_pix_fmt_name($0)) }
            throw refused("it gives pictures of format \(names.joined(separator: "/"))")
        }
    }

    /// Where it decodes, for messages.
    var deviceName: String { hardware.map { "\($0)" } ?? "the CPU" }
}

extension PixelLayout {
    /// Y, Cb, Cr, the latter of half the width and height.
    static func chroma420(_ bitDepth: Int) -> PixelLayout {
        PixelLayout(family: .yuv, bitDepth: bitDepth, chromaShiftX: 1, chromaShiftY: 1)
    }
}
