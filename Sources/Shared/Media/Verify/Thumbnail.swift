internal import CLibAV
internal import FarmModel
internal import Foundation

/// A picture's brightness in a size at which enlarging and encoding change little.
struct Thumbnail {
    fileprivate(set) var values: [Float]

    /// The mean difference of two, of which one is known to be brighter by `bias` there: 0 to 255.
    func distance(to other: Thumbnail, bias: [Float]) -> Float {
        var sum: Float = 0
        values.withUnsafeBufferPointer { mine in
            other.values.withUnsafeBufferPointer { theirs in
                bias.withUnsafeBufferPointer { bias in
                    for index in mine.indices { sum += abs(mine[index] - theirs[index] - bias[index]) }
                }
            }
        }
        return sum / Float(max(1, values.count))
    }

    /// Adds to `sum` how much brighter this is than the other.
    func add(excessOver other: Thumbnail, to sum: inout [Float]) {
        for index in values.indices { sum[index] += values[index] - other.values[index] }
    }
}

/// Makes thumbnails of one film's pictures.
final class Thumbnailer {
    private var scaler: OpaquePointer?
    private let matrix: Int
    private let width: Int32
    private let height: Int32

    /// - Parameters:
    ///   - matrix: whose weights make the brightness of RGB (H.273); both films' pictures must be weighed alike.
    ///   - size: of the smaller film's pictures: an eighth of it is left, and 48 at most.
    init(matrix: Int, size: (width: Int, height: Int)) {
        self.matrix = matrix
        width = Int32(min(max(size.width / 8, 8), 48))
        height = Int32(min(max(size.height / 8, 8), 48))
    }

    func thumbnail(of picture: VideoFrame) throws -> Thumbnail {
        let frame = picture.frame
        scaler = sws_getCachedContext(
            scaler, frame.pointee.width, frame.pointee.height, AVPixelFormat(frame.pointee.format), width, height,
            AV_PIX_FMT_GRAY8, SWS_AREA | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP, nil, nil, nil)
        guard let scaler else { throw MediaError(.codec, "libswscale cannot make a picture smaller") }
        let weights = sws_getCoefficients(Int32(matrix))
        sws_setColorspaceDetails(
            scaler, weights, picture.format.color.isFullRange ? 1 : 0, weights, 1, 0, 1 << 16, 1 << 16)
        var values = [UInt8](repeating: 0, count: Int(width) * Int(height))
        let lines = values.withUnsafeMutableBufferPointer { buffer -> Int32 in
            var planes: [UnsafeMutablePointer<UInt8>?] = [buffer.baseAddress, nil, nil, nil]
            var strides: [Int32] = [width, 0, 0, 0]
            return av_shim_scale(scaler, frame, &planes, &strides)
        }
        try check(lines, .codec, "making a picture smaller")
        return Thumbnail(values: values.map(Float.init))
    }

    deinit { sws_freeContext(scaler) }
}
