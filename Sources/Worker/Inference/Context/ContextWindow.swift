/// Which frames have all around them that they depend on, and which are needed no more: a frame waits for those behind it.
struct ContextWindow {
    /// Frames before each, and behind, that it depends on.
    let reach: Int
    /// What is wanted: the frames around are there for their neighbours' sake.
    let wanted: Range<Int>
    private(set) var waiting: [Int] = []
    private var last: Int

    init(reach: Int, wanted: Range<Int>) {
        self.reach = reach
        self.wanted = wanted
        last = wanted.lowerBound - 1
    }

    /// Takes frames in, their numbers ascending from call to call.
    /// - Returns: those that are ready.
    mutating func take(_ numbers: [Int]) -> [Int] {
        waiting += numbers.filter(wanted.contains)
        guard let newest = numbers.last else { return [] }
        last = max(last, newest)
        return release(upTo: newest - reach)
    }

    /// Gives the rest, after the last frame.
    mutating func finish() -> [Int] { release(upTo: .max) }

    /// Of all below nothing is needed any more, once what is ready was made.
    var obsolete: Int { (waiting.first ?? last + 1) - reach }

    private mutating func release(upTo newest: Int) -> [Int] {
        let ready = Array(waiting.prefix { $0 <= newest })
        waiting.removeFirst(ready.count)
        return ready
    }
}
