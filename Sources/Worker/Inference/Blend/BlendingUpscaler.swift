public import FarmModel

/// Upscales the frames of one segment and its overlap, and blends each of the segment's with its neighbours (`ct::Blend`).
///
/// A frame's pixels depend on the frames within the radius only, wherever the segment begins and ends.
public final class BlendingUpscaler: PictureUpscaler {
    private let upscaler: Upscaler
    private var window: BlendWindow
    private var pictures: [Int: any PlanarPicture] = [:]
    private var last = 0

    public var output: PictureFormat { upscaler.output }
    public var batch: Int { upscaler.batch }

    /// - Parameters:
    ///   - upscaler: made with the same radius; what it kept of another segment is given back.
    ///   - given: the segment's frames.
    public init(_ upscaler: Upscaler, radius: Int, given: FrameRange) {
        self.upscaler = upscaler
        window = BlendWindow(radius: radius, given: given.first..<given.end)
        upscaler.forget(below: .max)
    }

    /// Also after a segment that failed: what it kept would lie there until the next.
    deinit { upscaler.forget(below: .max) }

    public func take(_ pictures: [any PlanarPicture], numbers: [Int]) throws -> [Numbered] {
        try upscaler.keep(pictures, numbers: numbers)
        for (number, picture) in zip(numbers, pictures) { self.pictures[number] = picture }
        last = numbers.last ?? last
        return try blended(window.take(numbers))
    }

    public func finish() throws -> [Numbered] {
        let rest = try blended(window.finish())
        upscaler.forget(below: .max)
        pictures = [:]
        return rest
    }

    private func blended(_ numbers: [Int]) throws -> [Numbered] {
        let sources = numbers.compactMap { pictures[$0] }
        let results = try upscaler.blended(sources, numbers: numbers)
        let obsolete = window.obsolete(after: last)
        upscaler.forget(below: obsolete)
        for number in pictures.keys where number < obsolete { pictures[number] = nil }
        return zip(numbers, results).map { ($0, $1) }
    }
}
