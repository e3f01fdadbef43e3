/// Which frames can be blended, and which are needed no more: a frame waits for those behind it within the radius.
struct BlendWindow {
    /// Frames before each, and behind, that are mixed in.
    let radius: Int
    /// What is given: the frames around are there for their neighbours' sake.
    let given: Range<Int>
    private(set) var waiting: [Int] = []

    init(radius: Int, given: Range<Int>) {
        self.radius = radius
        self.given = given
    }

    /// Takes frames in, their numbers ascending from call to call.
    /// - Returns: those that are ready.
    mutating func take(_ numbers: [Int]) -> [Int] {
        waiting += numbers.filter(given.contains)
        guard let last = numbers.last else { return [] }
        return release(upTo: last - radius)
    }

    /// Gives the rest, after the last frame.
    mutating func finish() -> [Int] { release(upTo: .max) }

    /// Of all below nothing is needed any more, once frame `last` was taken and what is ready was blended.
    func obsolete(after last: Int) -> Int { (waiting.first ?? max(last + 1, given.lowerBound)) - radius }

    private mutating func release(upTo last: Int) -> [Int] {
        let ready = Array(waiting.prefix { $0 <= last })
        waiting.removeFirst(ready.count)
        return ready
    }
}
