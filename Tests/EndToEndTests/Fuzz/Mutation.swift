import Foundation

/// One way in which the bytes of a film go wrong.
enum Mutation: String, CaseIterable {
    /// Single bits, anywhere, or near the file's ends, where headers and indexes stand.
    case flips, headFlips, tailFlips
    /// Some neighbouring bytes become others.
    case burst
    case cutFront, cutMiddle, cutEnd
    /// Another film follows, or takes over in the middle.
    case joined, spliced
    /// Another film's first bytes on this one's body.
    case foreignHead
    case zeros, repeated
    /// A size, count or time of a container's header becomes an extreme.
    case field

    /// Drawn in proportion to what they find.
    private static let drawn = allCases + [.field, .field, .field, .field, .headFlips, .burst]

    static func draw(_ random: inout Seeded) -> Mutation { drawn.randomElement(using: &random) ?? .flips }

    /// - Parameter other: another film, for those that mix two.
    func apply(to film: Data, _ other: Data, _ random: inout Seeded) -> Data {
        guard film.count > 16, other.count > 16 else { return film }
        switch self {
        case .flips: return Self.flipped(film, in: 0..<film.count, &random)
        case .headFlips: return Self.flipped(film, in: 0..<min(film.count, 2048), &random)
        case .tailFlips: return Self.flipped(film, in: max(0, film.count - 2048)..<film.count, &random)
        case .burst:
            let range = Self.range(in: film, most: 64, &random)
            return Self.replaced(film, range, Data(range.map { _ in UInt8.random(in: 0...255, using: &random) }))
        case .cutFront: return film.suffix(Self.place(in: film, &random))
        case .cutEnd: return film.prefix(Self.place(in: film, &random))
        case .cutMiddle: return Self.replaced(film, Self.range(in: film, most: film.count / 2, &random), Data())
        case .joined: return film + other
        case .spliced: return film.prefix(Self.place(in: film, &random)) + other.suffix(Self.place(in: other, &random))
        case .foreignHead:
            let count = Int.random(in: 8...min(4096, film.count, other.count), using: &random)
            return other.prefix(count) + film.dropFirst(count)
        case .zeros:
            let range = Self.range(in: film, most: 4096, &random)
            return Self.replaced(film, range, Data(count: range.count))
        case .repeated:
            let range = Self.range(in: film, most: film.count / 4, &random)
            return Self.replaced(film, range.upperBound..<range.upperBound, film[range])
        case .field: return HeaderField.spoilt(film, &random)
        }
    }

    private static func flipped(_ film: Data, in range: Range<Int>, _ random: inout Seeded) -> Data {
        var film = film
        for _ in 0..<(1 << Int.random(in: 0...5, using: &random)) {
            film[Int.random(in: range, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
        }
        return film
    }

    private static func place(in film: Data, _ random: inout Seeded) -> Int {
        Int.random(in: 1..<film.count, using: &random)
    }

    private static func range(in film: Data, most: Int, _ random: inout Seeded) -> Range<Int> {
        let start = Int.random(in: 0..<film.count - 1, using: &random)
        return start..<min(film.count, start + Int.random(in: 1...max(1, most), using: &random))
    }

    static func replaced(_ film: Data, _ range: Range<Int>, _ bytes: Data) -> Data {
        film.prefix(range.lowerBound) + bytes + film.dropFirst(range.upperBound)
    }
}
