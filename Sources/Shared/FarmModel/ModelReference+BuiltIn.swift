extension ModelReference {
    /// The built-in model `nearest`, which repeats pixels. It has no file, so whoever knows its name knows all of it.
    public static func nearest(scale: Int) -> ModelReference {
        let description = ModelDescription(
            name: "nearest", scale: scale, receptiveRadius: 0, licence: "none needed", source: "built in",
            sourceSHA256: "")
        return ModelReference(description: description, sha256: nil, path: nil)
    }

    /// The built-in models: `nearest` at each scale that it offers where none is asked for.
    public static let builtIn = (1...4).map(nearest(scale:))

    /// The scales that a model may be asked for.
    public static let scaleLimits = 1...16

    /// The built-in model that is meant by a name; nil where it is none, or the scale is out of range.
    /// - Parameters:
    ///   - scale: 1 to 16; nil: by `reach`.
    ///   - reach: so many times is enough.
    public static func builtIn(named name: String, scale: Int?, reach: Int?) -> ModelReference? {
        let chosen = scale ?? self.scale(among: builtIn.map(\.description.scale), reach: reach)
        guard name == "nearest", let chosen, scaleLimits.contains(chosen) else { return nil }
        return nearest(scale: chosen)
    }

    /// Of a model's scales the smallest that is no less than `reach`; where all are less, or it is nil, the largest.
    public static func scale(among scales: some Collection<Int>, reach: Int?) -> Int? {
        scales.filter { $0 >= reach ?? .max }.min() ?? scales.max()
    }
}
