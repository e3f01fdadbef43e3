internal import CLibAV
internal import FarmModel
internal import Foundation

/// A picture in a size at which enlarging and encoding change little.
struct Thumbnail {
    /// Brightness, 0 to 255.
    fileprivate(set) var values: [Float]
    /// Both colour differences, one after the other: 0 is gray.
    fileprivate(set) var colors: [Float]

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

/// What of a picture is another's.
enum Likeness {
    /// All that an upscale leaves as it is.
    case alike
    /// Its brightness, but not its colours.
    case discolored
    /// Nothing.
    case foreign
}

extension Thumbnail {
    /// Networks and encoders change brightness and contrast a little: what they leave is where it is bright and where it is dark. A mean
    /// that lies further away is another picture's.
    private static let farBrightness: Float = 48
    /// Of the deviation from the mean: below it where things are tells nothing.
    private static let contrast: Float = 8
    /// A picture has at least so much of the source's contrast; and of one without, at most so much.
    private static let (leastShare, mostOfNone): (Float, Float) = (0.25, 24)
    /// Of brightness: noise that was blurred by four pixels has 0.82 with itself, and test pictures 0.64 at most with each other.
    private static let leastCorrelation: Float = 0.6
    /// Below it the source has hardly a colour.
    private static let saturation: Float = 10
    /// Of colours, about gray.
    private static let leastHue: Float = 0.5

    /// Whether this can be that picture of the source, however much brighter or sharper it became.
    func likeness(to source: Thumbnail) -> Likeness {
        guard values.count == source.values.count, !values.isEmpty else { return .alike }
        let (mean, theirMean) = (Self.mean(values), Self.mean(source.values))
        if abs(mean - theirMean) > Self.farBrightness { return .foreign }
        let light = Agreement(values, around: mean, source.values, around: theirMean)
        if light.theirs <= Self.contrast {
            if light.mine > light.theirs + Self.mostOfNone { return .foreign }
        } else if light.mine < light.theirs * Self.leastShare || light.correlation < Self.leastCorrelation {
            return .foreign
        }
        guard colors.count == source.colors.count, !colors.isEmpty else { return .alike }
        let hue = Agreement(colors, around: 0, source.colors, around: 0)
        guard hue.theirs > Self.saturation else { return .alike }
        return hue.mine < hue.theirs * Self.leastShare || hue.correlation < Self.leastHue ? .discolored : .alike
    }

    private static func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(max(1, values.count)) }
}

/// How far two rows of as many numbers go up and down together.
private struct Agreement {
    /// Deviations.
    let mine: Float
    let theirs: Float
    /// -1 to 1.
    let correlation: Float

    init(_ values: [Float], around mean: Float, _ others: [Float], around otherMean: Float) {
        var (square, otherSquare, product): (Float, Float, Float) = (0, 0, 0)
        values.withUnsafeBufferPointer { values in
            others.withUnsafeBufferPointer { others in
                for index in values.indices {
                    let (value, other) = (values[index] - mean, others[index] - otherMean)
                    square += value * value
                    otherSquare += other * other
                    product += value * other
                }
            }
        }
        let count = Float(max(1, values.count))
        (mine, theirs) = ((square / count).squareRoot(), (otherSquare / count).squareRoot())
        let norm = (square * otherSquare).squareRoot()
        correlation = norm > 0 ? product / norm : 0
    }
}

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
