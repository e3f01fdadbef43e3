internal import CLibAV
internal import FarmModel
internal import Foundation

/// Makes thumbnails of one film's pictures.
final class Thumbnailer {
    private let light: Reduction
    private let colors: Reduction

    /// - Parameters:
    ///   - matrix: whose weights make brightness and colours of RGB (H.273); both films' pictures must be weighed alike.
    ///   - size: of the smaller film's pictures: an eighth of it is left, and 48 at most.
    init(matrix: Int, size: (width: Int, height: Int)) {
        let small = (width: Int32(min(max(size.width / 8, 8), 48)), height: Int32(min(max(size.height / 8, 8), 48)))
        // libswscale brings brightness of any depth to one range in gray alone: in YUV more than 8 bits stay as they are.
        light = Reduction(to: AV_PIX_FMT_GRAY8, planes: 1, matrix: matrix, size: small)
        colors = Reduction(to: AV_PIX_FMT_YUV444P, planes: 3, matrix: matrix, size: small)
    }

    func thumbnail(of picture: VideoFrame) throws -> Thumbnail {
        let area = light.area
        return Thumbnail(
            values: try light.samples(of: picture).map(Float.init),
            colors: try colors.samples(of: picture).dropFirst(area).map { Float($0) - 128 })
    }
}

/// Makes pictures smaller, in one format of 8 bits and the full range.
private final class Reduction {
    private var scaler: OpaquePointer?
    private let format: AVPixelFormat
    private let planes: Int
    private let matrix: Int
    private let size: (width: Int32, height: Int32)

    init(to format: AVPixelFormat, planes: Int, matrix: Int, size: (width: Int32, height: Int32)) {
        (self.format, self.planes, self.matrix, self.size) = (format, planes, matrix, size)
    }

    var area: Int { Int(size.width) * Int(size.height) }

    /// Plane by plane.
    func samples(of picture: VideoFrame) throws -> [UInt8] {
        let frame = picture.frame
        scaler = sws_getCachedContext(
            scaler, frame.pointee.width, frame.pointee.height, AVPixelFormat(frame.pointee.format), size.width,
            size.height, format, SWS_AREA | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP, nil, nil, nil)
        guard let scaler else { throw MediaError(.codec, "libswscale cannot make a picture smaller") }
        let weights = sws_getCoefficients(Int32(matrix))
        sws_setColorspaceDetails(
            scaler, weights, picture.format.color.isFullRange ? 1 : 0, weights, 1, 0, 1 << 16, 1 << 16)
        var values = [UInt8](repeating: 0, count: planes * area)
        let lines = values.withUnsafeMutableBufferPointer { buffer -> Int32 in
            var to: [UnsafeMutablePointer<UInt8>?] = (0..<4).map { place in
                place < planes ? buffer.baseAddress.map { $0 + place * area } : nil
            }
            var strides: [Int32] = (0..<4).map { $0 < planes ? size.width : 0 }
            return av_shim_scale(scaler, frame, &to, &strides)
        }
        try check(lines, .codec, "making a picture smaller")
        return values
    }

    deinit { sws_freeContext(scaler) }
}
