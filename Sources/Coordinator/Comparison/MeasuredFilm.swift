internal import FarmModel
internal import Media

/// A film while it is measured: its last two pictures, and what each gave.
final class MeasuredFilm {
    private let stream: PictureStream
    private var decoded: PictureStream.Picture?
    private(set) var previous: LumaPicture
    private(set) var current: LumaPicture

    private(set) var sharpness: [Double] = []
    var similarity: [LumaPicture.Similarity] = []
    /// Of each picture and the one before it; nil over a cut, and of the first.
    var warpingError: [Double?] = []
    private(set) var keyframes: [Int] = []
    /// Seconds; nil where the film does not tell.
    private(set) var times: [Double?] = []
    /// Of the picture that was read last.
    private(set) var format: PictureFormat?

    var path: String { stream.path }
    var warnings: [String] { stream.warnings }
    var position: Double { stream.position }
    /// Pictures so far.
    var count: Int { times.count }

    /// What the flow takes; SSIM's window needs 11.
    private static let leastSide = 32

    /// "1920x1080"
    var size: String { format?.size ?? "" }
    /// What weighs its luma; of RGB, what the others have.
    var lumaMatrix: String? {
        guard let format, format.layout.family == .yuv else { return nil }
        return ColorDescription.matrixName(format.color.effectiveMatrix(height: format.height))
    }

    init(_ path: String, isCancelled: @escaping @Sendable () -> Bool) throws {
        stream = try PictureStream(path, isCancelled: isCancelled)
        (previous, current) = (try LumaPicture(), try LumaPicture())
    }

    /// Decodes the next picture; false after the last.
    /// - Throws: `MediaError`, also where the pictures' size changes; `CancellationError`.
    func read() throws -> Bool {
        decoded = try stream.next()
        guard let decoded else { return false }
        let new = decoded.samples.format
        if let format, (format.width, format.height) != (new.width, new.height) {
            throw MediaError(
                .source,
                "\(path): its pictures change from \(format.size) to \(new.size) at frame \(count); "
                    + "only films of one size can be compared")
        }
        guard min(new.width, new.height) >= Self.leastSide else {
            throw MediaError(
                .source, "\(path): pictures of \(new.size) are too small to be compared; 32x32 is the least")
        }
        format = new
        if decoded.isKeyframe { keyframes.append(count) }
        times.append(decoded.time)
        return true
    }

    /// Takes the luma of what was read, and measures what one picture alone tells.
    func measure(on target: LumaScale.Target) throws {
        guard let decoded else { return }
        swap(&previous, &current)
        try current.load(decoded.samples, scale: LumaScale(of: decoded.samples.format, to: target))
        sharpness.append(try current.sharpness())
        self.decoded = nil
    }
}

extension PictureFormat {
    fileprivate var size: String { "\(width)x\(height)" }
}
