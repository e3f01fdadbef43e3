/// Where one of a's segments ends and the next begins.
public struct Borders: Codable, Hashable, Sendable {
    public enum Origin: String, Codable, Hashable, Sendable {
        /// The caller named them.
        case given
        /// A's keyframes that are none of b's: a segment's encoding begins with one.
        case keyframes
    }

    public var origin: Origin
    /// First frames of segments, but for the film's own; ascending.
    public var frames: [Int]

    /// - Parameter count: frames of the film; what is given beyond them is left out.
    init(given: [Int]?, keyframes: (a: [Int], b: [Int]), count: Int) {
        guard let given else {
            origin = .keyframes
            // Of a film of keyframes alone they tell nothing.
            let isOfKeyframes = keyframes.a.count == count
            frames = isOfKeyframes ? [] : Set(keyframes.a).subtracting(keyframes.b).subtracting([0]).sorted()
            return
        }
        origin = .given
        frames = Set(given).filter { (1..<max(count, 1)).contains($0) }.sorted()
    }
}
