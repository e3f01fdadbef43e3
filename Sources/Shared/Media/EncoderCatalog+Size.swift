internal import FarmModel

extension EncoderCatalog {
    /// How much further than the network a resampler may enlarge: beyond that a larger scale is what is wanted.
    private static let furthest = 4

    /// A result's size in pixels: the network's; or, with `--height`, that high as it is seen and as wide as keeps its shape, to the
    /// pixel, or to the nearest even one where chroma is subsampled along that axis. Its samples keep the source's aspect ratio.
    /// - Parameter isShownTurned: what is seen as its height is its width.
    /// - Throws: `MediaError` of kind `.settings` where the height is out of range, or is odd and chroma is subsampled.
    static func size(
        _ settings: JobSettings, of input: PictureFormat, scale: Int, layout: PixelLayout, isShownTurned: Bool
    ) throws -> (width: Int, height: Int) {
        let network = (width: input.width * scale, height: input.height * scale)
        let (seen, across) = isShownTurned ? (network.width, network.height) : (network.height, network.width)
        guard let height = settings.height, height != seen else { return network }
        try checkRange(settings, height, from: seen, scale: scale)
        // Of any subsampling: even.
        let (x, y) = layout.family == .yuv ? (min(layout.chromaShiftX, 1) + 1, min(layout.chromaShiftY, 1) + 1) : (1, 1)
        let (step, stepAcross) = isShownTurned ? (x, y) : (y, x)
        guard height % step == 0 else {
            throw MediaError(
                .settings,
                "--height \(height) is odd, and chroma is subsampled in \(layout.libavName ?? "the result"): give \(height - 1) or \(height + 1)"
            )
        }
        let steps = (Double(across) * Double(height) / Double(seen) / Double(stepAcross)).rounded()
        let width = max(1, Int(steps)) * stepAcross
        return isShownTurned ? (height, width) : (width, height)
    }

    private static func checkRange(_ settings: JobSettings, _ height: Int, from seen: Int, scale: Int) throws {
        let least = JobSettings.heights.lowerBound
        let most = max(least, min(seen * furthest, JobSettings.heights.upperBound))
        guard height > most else { return }
        // Of its own accord a job takes the largest.
        let remedy = settings.scale == nil ? "" : ", or a larger --scale"
        throw MediaError(
            .settings,
            "--height \(height) is too far from the \(seen) that the model makes at x\(scale): give \(least) to \(most)\(remedy)"
        )
    }
}
