public import FarmModel

/// Upscales the frames of one segment and its overlap where a frame depends on those around it: networks with a window are shown
/// them (`ct::Reel`), and results are blended with their neighbours (`ct::Blend`).
///
/// A frame's pixels depend on the frames within half the window and the radius only, wherever the segment begins and ends.
public final class ContextUpscaler: PictureUpscaler {
    private let upscaler: Upscaler
    private var network: ContextWindow?
    private var blend: ContextWindow?
    private var pictures: [Int: any PlanarPicture] = [:]

    public var output: PictureFormat { upscaler.output }
    public var batch: Int { upscaler.batch }

    /// - Parameters:
    ///   - upscaler: made with the same radius; what it kept of another segment is given back.
    ///   - blendRadius: 0 for none.
    ///   - given: the segment's frames.
    public init(_ upscaler: Upscaler, blendRadius: Int, given: FrameRange) {
        self.upscaler = upscaler
        let (wanted, reach) = (given.first..<given.end, upscaler.window / 2)
        if blendRadius > 0 { blend = ContextWindow(reach: blendRadius, wanted: wanted) }
        let seen = given.first - blendRadius..<given.end + blendRadius
        if reach > 0 { network = ContextWindow(reach: reach, wanted: seen) }
        upscaler.drop()
        upscaler.forget(below: .max)
    }

    /// Also after a segment that failed: what it kept would lie there until the next.
    deinit { upscaler.forget(below: .max) }

    public func take(_ pictures: [any PlanarPicture], numbers: [Int]) throws -> [Numbered] {
        for (number, picture) in zip(numbers, pictures) { self.pictures[number] = picture }
        return try upscaler.inFlight(reading: Array(self.pictures.values)) {
            guard network != nil else { return try enlarge(numbers) }
            try upscaler.show(pictures, numbers: numbers)
            return try enlarge(network?.take(numbers) ?? [])
        }
    }

    public func finish(_ give: ([Numbered]) throws -> Void) throws {
        let earlier = try upscaler.inFlight(reading: Array(pictures.values)) {
            let late = try enlarge(network?.finish() ?? [])
            return late + (try blended(blend?.finish() ?? []))
        }
        // What is under way keeps its own.
        upscaler.forget(below: .max)
        pictures = [:]
        try give(earlier)
        try upscaler.finish(give)
    }

    private func enlarge(_ numbers: [Int]) throws -> [Numbered] {
        var results: [Numbered] = []
        for start in stride(from: 0, to: numbers.count, by: batch) {
            let part = Array(numbers[start..<min(start + batch, numbers.count)])
            let sources = part.compactMap { pictures[$0] }
            if blend != nil {
                try upscaler.keep(sources, numbers: part)
                results += try blended(blend?.take(part) ?? [])
            } else {
                results += zip(part, try upscaler.upscale(sources, numbers: part)).map { ($0, $1) }
            }
        }
        forget()
        return results
    }

    private func blended(_ numbers: [Int]) throws -> [Numbered] {
        let results = try upscaler.blended(numbers.compactMap { pictures[$0] }, numbers: numbers)
        return zip(numbers, results).map { ($0, $1) }
    }

    private func forget() {
        let obsolete = [network, blend].compactMap { $0?.obsolete }.min() ?? .max
        upscaler.forget(below: obsolete)
        for number in pictures.keys where number < obsolete { pictures[number] = nil }
    }
}
