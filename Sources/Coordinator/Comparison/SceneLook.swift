/// What tells a cut from motion: a picture in a small size, and its brightnesses in order, which motion leaves as they are.
struct SceneLook {
    private let places: [Float]
    private let sorted: [Float]

    init(_ picture: LumaPicture) throws {
        places = try picture.thumbnail(width: 64, height: 36)
        sorted = places.sorted()
    }

    /// Less of a picture that is to be seen in the next is no motion. In trials, 0.5 was left of the fastest pan, 0.01 over a cut.
    private static let leastSeen = 0.2
    /// Mean differences, on values from 0 to 255.
    private static let otherPlaces: Float = 20
    private static let otherBrightness: Float = 8

    /// - Parameter seen: the share of this picture's pixels that are to be seen in the next, by their motion.
    func isCut(to next: SceneLook, seen: Double) -> Bool {
        if seen < Self.leastSeen { return true }
        return Self.distance(places, next.places) > Self.otherPlaces
            && Self.distance(sorted, next.sorted) > Self.otherBrightness
    }

    private static func distance(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(a.count)
    }
}
