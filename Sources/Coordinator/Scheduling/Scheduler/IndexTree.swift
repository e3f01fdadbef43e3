/// A set of the numbers from 0 up to a fixed bound that finds its least in a few steps: words of 64 bits, and above each
/// level one that tells which words of it are not empty.
struct IndexTree: Sendable {
    private var levels: [[UInt64]]
    private(set) var count = 0

    init(bound: Int) {
        var size = bound
        levels = []
        repeat {
            size = (size + 63) / 64
            levels.append(Array(repeating: 0, count: Swift.max(1, size)))
        } while size > 1
    }

    var isEmpty: Bool { count == 0 }

    /// Whether it is there; any number may be asked for.
    func holds(_ number: Int) -> Bool { levels[0].indices.contains(number / 64) && contains(number) }

    func contains(_ number: Int) -> Bool { levels[0][number / 64] & Self.bit(number) != 0 }

    mutating func insert(_ number: Int) {
        guard !contains(number) else { return }
        count += 1
        var place = number
        for level in levels.indices {
            levels[level][place / 64] |= Self.bit(place)
            place /= 64
        }
    }

    mutating func remove(_ number: Int) {
        guard contains(number) else { return }
        count -= 1
        var place = number
        for level in levels.indices {
            levels[level][place / 64] &= ~Self.bit(place)
            if levels[level][place / 64] != 0 { return }
            place /= 64
        }
    }

    var first: Int? {
        guard count > 0 else { return nil }
        var place = 0
        for level in levels.reversed() { place = place * 64 + level[place].trailingZeroBitCount }
        return place
    }

    private static func bit(_ number: Int) -> UInt64 { 1 << UInt64(number % 64) }
}
