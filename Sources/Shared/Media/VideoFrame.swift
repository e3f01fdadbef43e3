internal import CLibAV
public import FarmModel
internal import Foundation

/// A decoded picture in planes, in presentation order's clock.
// Sendable by hand: the AVFrame is written before the object exists and only read after.
public final class VideoFrame: PlanarPicture, @unchecked Sendable {
    public let format: PictureFormat
    /// In the stream's time base; nil where neither packet nor decoder knew.
    public let timestamp: Int64?
    /// True where the decoder made up samples that it could not decode.
    public let isDamaged: Bool
    public let messages: [PictureMessage]
    public let memory: PictureMemory
    private let owner: LibAVFrame
    private let planes: [UnsafeRawPointer]
    private let strides: [Int]

    /// The picture in `owner`, whose planes are as `format` and `memory` say.
    init(
        _ owner: LibAVFrame, format: PictureFormat, memory: PictureMemory = .host, timestamp: Int64?, isDamaged: Bool
    ) {
        let frame = owner.pointer
        self.owner = owner
        self.format = format
        self.memory = memory
        self.timestamp = timestamp
        self.isDamaged = isDamaged
        messages = [PictureMessage](frame)
        let (data, lines) = (frame.pointee.data, frame.pointee.linesize)
        var pointers = [data.0, data.1, data.2, data.3]
        var strides = [lines.0, lines.1, lines.2, lines.3].map { Int($0) }
        if case .device(chromaStep: 2, _) = memory {
            pointers[2] = data.1.map { $0 + format.layout.bytesPerSample }
            strides[2] = strides[1]
        }
        planes = pointers.prefix(format.layout.planeCount).compactMap { $0.map { UnsafeRawPointer($0) } }
        self.strides = Array(strides.prefix(planes.count))
    }

    /// Of one sample, as the codec says it; 0/1 where it does not.
    var sampleAspectRatio: Rational { Rational(frame.pointee.sample_aspect_ratio) }

    /// What libav has of it.
    var frame: UnsafeMutablePointer<AVFrame> { owner.pointer }

    public func plane(_ index: Int) -> UnsafeRawPointer { planes[index] }
    public func stride(_ index: Int) -> Int { strides[index] }
}

extension ColorDescription {
    /// What the samples of `frame` mean. What the container says (`container`) counts first, what the codec says where the
    /// container says nothing. The range is full where either says so, and of formats that are full by definition.
    init(_ frame: AVFrame, container: ColorDescription, isRGB: Bool) {
        let unspecified = 2
        func first(_ outer: Int, _ inner: UInt32) -> Int { outer == unspecified || outer == 0 ? Int(inner) : outer }
        let matrix = isRGB ? 0 : first(container.matrix, frame.colorspace.rawValue)
        let location = ChromaLocation(rawValue: Int(frame.chroma_location.rawValue)) ?? .unspecified
        self.init(
            // 0 is RGB: of a picture in YUV that is a mistake of whoever wrote it.
            matrix: !isRGB && matrix == 0 ? unspecified : matrix,
            primaries: first(container.primaries, frame.color_primaries.rawValue),
            transfer: first(container.transfer, frame.color_trc.rawValue),
            isFullRange: container.isFullRange || frame.color_range == AVCOL_RANGE_JPEG
                || (isRGB && frame.color_range != AVCOL_RANGE_MPEG) || Self.isFullByDefinition(frame.format),
            chromaLocation: container.chromaLocation == .unspecified ? location : container.chromaLocation)
    }

    private static func isFullByDefinition(_ format: Int32) -> Bool {
        text(av_get_pix_fmt_name(AVPixelFormat(format)))?.hasPrefix("yuvj") ?? false
    }
}
