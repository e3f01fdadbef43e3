internal import CLibAV
internal import FarmModel
internal import Foundation

/// Turns pictures of formats that are no plain planes (packed, paletted, half-planar, big-endian) into planes that hold
/// the same sample values.
final class PlaneConverter {
    private var scaler: OpaquePointer?
    let source: AVPixelFormat
    /// The planes of converted pictures.
    let result: PixelLayout
    private let target: AVPixelFormat

    /// - Throws: `MediaError` where `source` has no planar form.
    init(from source: AVPixelFormat) throws {
        guard let layout = PixelLayout(holding: source), let target = layout.avFormat else {
            throw MediaError(.codec, "pictures of format \(text(av_get_pix_fmt_name(source)) ?? "?") cannot be used")
        }
        self.source = source
        self.target = target
        result = layout
    }

    /// A new frame with the samples and the properties of `frame`.
    func convert(_ frame: LibAVFrame) throws -> LibAVFrame {
        let made = try LibAVFrame()
        made.pointer.pointee.format = target.rawValue
        made.pointer.pointee.width = frame.pointer.pointee.width
        made.pointer.pointee.height = frame.pointer.pointee.height
        try check(av_frame_get_buffer(made.pointer, 0), .codec, "allocating a picture")
        try check(av_frame_copy_props(made.pointer, frame.pointer), .codec, "copying a picture's properties")
        let answer = sws_scale_frame(try scaler(for: frame.pointer), made.pointer, frame.pointer)
        try check(answer, .codec, "converting a picture to planes")
        return made
    }

    private func scaler(for frame: UnsafeMutablePointer<AVFrame>) throws -> OpaquePointer {
        let width = frame.pointee.width
        let height = frame.pointee.height
        // Bit-exact and without dither: samples are moved, not computed.
        let flags = SWS_POINT | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP
        scaler = sws_getCachedContext(
            scaler, width, height, AVPixelFormat(frame.pointee.format), width, height, target, flags, nil, nil, nil)
        guard let scaler else { throw MediaError(.codec, "libswscale cannot convert to \(result)") }
        return scaler
    }

    deinit { sws_freeContext(scaler) }
}
