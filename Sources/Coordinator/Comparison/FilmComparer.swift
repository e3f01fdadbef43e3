internal import Media

/// Measures two films of the same pictures against each other or against the film that both were made from.
public enum FilmComparer {
    /// Decodes all films once, side by side, and keeps two pictures of each: memory grows by about 70 bytes a frame and film.
    /// - Parameter progress: told the share that is done, 0 to 1.
    /// - Throws: `MediaError` where a film cannot be read, or is of another size or length than the others; `CancellationError`.
    ///   Blocks.
    public static func compare(
        _ request: ComparisonRequest, isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: (Double) -> Void = { _ in }
    ) throws -> FilmComparison {
        var pass = try ComparisonPass(request, isCancelled: isCancelled)
        while try pass.step() { progress(pass.position) }
        return FilmComparison(request, pass)
    }
}
