internal import CLibAV

/// Owns an AVFrame.
final class LibAVFrame {
    let pointer: UnsafeMutablePointer<AVFrame>

    /// An empty frame.
    init() throws {
        guard let pointer = av_frame_alloc() else { throw MediaError(.codec, "out of memory for a picture") }
        self.pointer = pointer
    }

    deinit {
        var pointer: UnsafeMutablePointer<AVFrame>? = pointer
        av_frame_free(&pointer)
    }
}
