import Foundation

/// Numbers in the headers of containers: boxes of MP4 and chunks of AVI by their four letters, Matroska's elements by their
/// identifiers. Of other containers, what stands near the file's beginning.
enum HeaderField {
    /// `film` with one number set to an extreme.
    static func spoilt(_ film: Data, _ random: inout Seeded) -> Data {
        let isMatroska = film.starts(with: [0x1A, 0x45, 0xDF, 0xA3])
        if isMatroska, random.chance(0.8), let place = place(of: elements, in: film, &random) {
            return element(film, place, &random)
        }
        let letters = place(of: boxes, in: film, &random)
        let start = letters ?? Int.random(in: 0..<min(film.count, 512), using: &random)
        // Before the letters stands a box's size, behind them its version, counts, sizes and times.
        let offset = letters == nil ? 0 : 4 * Int.random(in: -2...8, using: &random)
        return written(
            extreme([1, 2, 4, 4, 4, 8].randomElement(using: &random) ?? 4, &random), at: start + offset, in: film)
    }

    /// An element keeps its size, or becomes a number of eight bytes that swallows what follows.
    private static func element(_ film: Data, _ place: Int, _ random: inout Seeded) -> Data {
        guard place < film.count else { return film }
        if random.chance(0.5) { return written(Data([0x88]) + extreme(8, &random), at: place, in: film) }
        let size = max(1, min(8, Int(film[place] & 0x7F)))
        return written(extreme(size, &random), at: place + 1, in: film)
    }

    private static func extreme(_ size: Int, _ random: inout Seeded) -> Data {
        let kinds: [Data] = [
            Data(count: size), Data(repeating: 0xFF, count: size),
            Data([0x7F]) + Data(repeating: 0xFF, count: size - 1),
            Data([0x80]) + Data(count: size - 1), Data(count: size - 1) + [1],
            Data((0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }),
        ]
        return kinds.randomElement(using: &random) ?? Data(count: size)
    }

    private static func written(_ bytes: Data, at place: Int, in film: Data) -> Data {
        guard place >= 0, place + bytes.count <= film.count else { return film }
        return Mutation.replaced(film, place..<place + bytes.count, bytes)
    }

    /// Behind one occurrence of one of the marks; nil where a few that were drawn do not occur.
    private static func place(of marks: [[UInt8]], in film: Data, _ random: inout Seeded) -> Int? {
        for _ in 0..<12 {
            let mark = Data(marks.randomElement(using: &random) ?? [])
            var places: [Int] = []
            var rest = 0..<film.count
            while places.count < 64, let found = film.range(of: mark, in: rest) {
                places.append(found.upperBound)
                rest = found.upperBound..<film.count
            }
            if let place = places.randomElement(using: &random) { return place }
        }
        return nil
    }

    private static let boxes: [[UInt8]] = [
        "ftyp", "moov", "mvhd", "trak", "tkhd", "edts", "elst", "mdia", "mdhd", "hdlr", "minf", "stbl", "stsd", "avc1",
        "avcC",
        "hev1", "hvcC", "mp4a", "esds", "stts", "ctts", "stss", "stsc", "stsz", "stco", "udta", "chpl", "text", "tx3g",
        "mdat",
        "moof", "mfhd", "tfhd", "tfdt", "trun", "mdcv", "clli", "colr", "RIFF", "avih", "strh", "strf", "LIST", "movi",
        "idx1",
        "00dc", "01wb", "OggS", "IHDR", "acTL", "fcTL", "fdAT", "PROP", "MDPR", "DATA", "YUV4",
    ].map { Array($0.utf8) }

    /// Segment, SeekHead's position, TimestampScale, Duration, Cluster and its time, SimpleBlock, BlockGroup, Block,
    /// BlockDuration, ReferenceBlock, TrackEntry, its number, type, default duration, codec delay, codec's bytes, sizes,
    /// aspect, colour, luminances, sampling rate, chapter times, attached bytes, cues.
    private static let elements: [[UInt8]] = [
        [0x18, 0x53, 0x80, 0x67], [0x53, 0xAC], [0x2A, 0xD7, 0xB1], [0x44, 0x89], [0x1F, 0x43, 0xB6, 0x75], [0xE7],
        [0xA3],
        [0xA0], [0xA1], [0x9B], [0xFB], [0xAE], [0xD7], [0x83], [0x23, 0xE3, 0x83], [0x56, 0xAA], [0x63, 0xA2], [0xB0],
        [0xBA],
        [0x54, 0xB0], [0x54, 0xBA], [0x55, 0xB0], [0x55, 0xD9], [0x55, 0xDA], [0xB5], [0x91], [0x92], [0x46, 0x5C],
        [0xBB],
        [0xB3], [0xF1], [0x75, 0xA2],
    ]
}
