internal import CLibAV
internal import FarmModel

/// Brings planes into the form that NVENC takes: chroma's two in one, and samples of 10 bits in a word's high ones.
final class PlanePacker {
    private let scaler: OpaquePointer
    private let planes: Int

    /// nil where the encoder takes planes as they are.
    init?(for settings: EncodingSettings) throws {
        let picture = settings.picture
        guard let source = picture.layout.avFormat, let target = settings.encoderFormat, source != target else {
            return nil
        }
        let (width, height) = (Int32(picture.width), Int32(picture.height))
        // Samples are moved, not computed.
        let flags = SWS_POINT | SWS_ACCURATE_RND | SWS_BITEXACT
        guard
            let scaler = sws_getContext(width, height, source, width, height, target, flags, nil, nil, nil)
        else { throw MediaError(.codec, "libswscale cannot prepare \(picture.summary) for \(settings.encoder)") }
        self.scaler = scaler
        planes = picture.layout.planeCount
    }

    deinit { sws_freeContext(scaler) }

    func pack(_ picture: any PlanarPicture, into frame: UnsafeMutablePointer<AVFrame>) throws {
        let sources = (0..<4).map { index -> UnsafePointer<UInt8>? in
            index < planes ? picture.plane(index).assumingMemoryBound(to: UInt8.self) : nil
        }
        let strides = (0..<4).map { $0 < planes ? Int32(picture.stride($0)) : 0 }
        let lines = withUnsafeMutableBytes(of: &frame.pointee.data) { data in
            withUnsafeBytes(of: frame.pointee.linesize) { linesizes in
                sws_scale(
                    scaler, sources, strides, 0, Int32(picture.format.height),
                    data.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self).baseAddress,
                    linesizes.assumingMemoryBound(to: Int32.self).baseAddress)
            }
        }
        try check(lines, .codec, "preparing a picture for the encoder")
    }
}

extension EncodingSettings {
    /// libav's format of what the encoder is given.
    var encoderFormat: AVPixelFormat? {
        let layout = picture.layout
        guard isByNVENC, layout.bitDepth > 8 else { return layout.avFormat }
        return layout.chromaFormat == 1 ? AV_PIX_FMT_P010LE : AV_PIX_FMT_YUV444P16LE
    }
}
