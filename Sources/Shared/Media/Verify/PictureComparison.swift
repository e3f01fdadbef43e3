internal import FarmModel
internal import Foundation

/// Decodes a source, which tells what pictures it really has; and looks at those of a film beside them.
struct PictureComparison {
    /// Seconds, ascending: of the pictures that decoding gives.
    private(set) var sourceTimes: [Double] = []
    private(set) var differences: [String] = []

    /// Pictures before and after the one in question among which its double is looked for.
    private static let reach = 8
    /// Pictures before and after it from which is told by how much the film's network makes things brighter or sharper there.
    private static let context = 2
    /// A picture that lies no further from its own than this is taken for it: nobody sees which of two it is.
    private static let near: Float = 0.25
    /// One that lies nearer to another by so much is that other. Of right pictures of a real network the share was never below
    /// 0.93, of pictures in each other's place 0.36 (median), 0.60 (90 %).
    private static let double: Float = 0.75
    /// One that lies further away is no picture of that place. It is measured by what its neighbours are; `Likeness` is what tells
    /// where they are foreign too.
    private static let far: Float = 12

    /// Pictures of the source before the film's first.
    private let skipped: Int
    private let tolerance: Double
    private let offset: Double
    private let source: PictureReader
    /// Source pictures around the one in question, with the number of the first.
    private var window: [PictureReader.Picture] = []
    private var windowStart = 0
    private var order: [PictureReader.Picture] = []
    /// The film's last pictures, and which of the source's belong there.
    private var recent: [(number: Int, picture: PictureReader.Picture, place: Int?, likeness: Likeness)] = []
    /// The film's last pictures that are unlike the source's in one way.
    private var strangers: (likeness: Likeness, first: String, last: String, count: Int)?
    /// There may be more of the film's pictures.
    private var isLooking: Bool
    private var taken = 0
    private var beheld = 0

    init(
        source: String, film: String, original: FilmContents, made: FilmContents, offset: Double, skipped: Int,
        looks: Bool,
        isCancelled: @escaping @Sendable () -> Bool, progress: (Double) -> Void
    ) throws {
        let counts = original.mustBeDecoded
        let new = made.demuxer.video.parameters
        let matrix = new.color.effectiveMatrix(height: new.height)
        let (before, after) = (original.demuxer.uprightSize, made.demuxer.uprightSize)
        let size = (width: min(before.width, after.width), height: min(before.height, after.height))
        func thumbnailer() -> Thumbnailer { Thumbnailer(matrix: matrix, size: size) }
        tolerance = FrameMatch.tolerance(original.times, made.tick)
        (self.offset, self.skipped) = (offset, skipped)
        self.source = try PictureReader(
            source, counts: counts, looks ? thumbnailer() : nil, isCancelled: isCancelled)
        isLooking = looks
        if looks {
            let pictures = try PictureReader(film, counts: false, thumbnailer(), isCancelled: isCancelled)
            while let picture = try pictures.next() {
                try take(picture, counts: counts)
                progress(pictures.position)
            }
            for _ in 0..<Self.context { look(at: beheld) }
            tellStrangers()
            (isLooking, window) = (false, [])
        }
        while try advance() { progress(self.source.position) }
        sourceTimes = try times(counts: counts)
    }

    /// Reads one more of the source's pictures.
    private mutating func advance() throws -> Bool {
        guard var picture = try source.next() else { return false }
        if isLooking { window.append(picture) }
        picture.thumbnail = nil
        order.append(picture)
        return true
    }

    /// Takes the film's next picture in, and looks at the one before it whose neighbours are all known.
    private mutating func take(_ picture: PictureReader.Picture, counts: Bool) throws {
        let place = try place(of: picture, taken, counts: counts)
        if let place { while order.count <= place + Self.reach + Self.context, try advance() {} }
        let right = place.flatMap(thumbnail)
        let likeness = right.flatMap { picture.thumbnail?.likeness(to: $0) } ?? .alike
        recent.append((taken, picture, place, likeness))
        taken += 1
        if taken > Self.context { look(at: beheld) }
        if recent.count > 2 * Self.context { recent.removeFirst() }
        // What no picture in question can be held against any more.
        let first = recent.compactMap(\.place).min() ?? windowStart
        let stale = min(first - Self.reach - windowStart, window.count)
        if stale > 0 {
            window.removeFirst(stale)
            windowStart += stale
        }
    }

    private mutating func look(at number: Int) {
        beheld += 1
        guard let index = recent.firstIndex(where: { $0.number == number }), let place = recent[index].place,
            let mine = recent[index].picture.thumbnail, let right = thumbnail(place)
        else { return }
        let time = recent[index].picture.time.map { "\(rounded($0)) s" } ?? "number \(number)"
        let bias = bias(around: number, like: mine)
        let distance = mine.distance(to: right, bias: bias)
        let likeness = recent[index].likeness
        if likeness == .foreign || distance > Self.near,
            let other = double(of: mine, near: place, below: distance * Self.double, bias)
        {
            tellStrangers()
            let way = other < place ? "before" : "after"
            differences.append("the picture at \(time) is the source's \(abs(other - place)) \(way) it")
        } else if likeness != .alike {
            if strangers?.likeness != likeness { tellStrangers() }
            strangers = (likeness, strangers?.first ?? time, time, (strangers?.count ?? 0) + 1)
        } else {
            tellStrangers()
            if distance > Self.far { differences.append("the picture at \(time) is none that the source has there") }
        }
    }

    /// Which of the source's pictures around a place is that one, so much more than the place's own.
    private func double(of mine: Thumbnail, near place: Int, below limit: Float, _ bias: [Float]) -> Int? {
        let others = (place - Self.reach...place + Self.reach).filter { $0 != place }.compactMap { other in
            thumbnail(other).map { (place: other, picture: $0, distance: mine.distance(to: $0, bias: bias)) }
        }
        guard let best = others.min(by: { $0.distance < $1.distance }), best.distance < limit,
            mine.likeness(to: best.picture) != .foreign
        else { return nil }
        return best.place
    }

    /// Says once of pictures in a row that they are not the source's.
    private mutating func tellStrangers() {
        guard let row = strangers else { return }
        strangers = nil
        switch (row.likeness, row.count) {
        case (.discolored, 1): differences.append("the picture at \(row.first) has not the source's colours")
        case (.discolored, _):
            differences.append("none of the film's pictures from \(row.first) to \(row.last) has the source's colours")
        case (_, 1): differences.append("the picture at \(row.first) is none that the source has there")
        default: differences.append("none of the film's pictures from \(row.first) to \(row.last) is the source's")
        }
    }

    /// By how much the film's pictures around that one are brighter than the source's, sample by sample; foreign ones tell nothing of it.
    private func bias(around number: Int, like mine: Thumbnail) -> [Float] {
        var sum = [Float](repeating: 0, count: mine.values.count)
        var count: Float = 0
        for other in recent where other.number != number && abs(other.number - number) <= Self.context {
            guard other.likeness != .foreign, let place = other.place, let right = thumbnail(place),
                let theirs = other.picture.thumbnail
            else { continue }
            theirs.add(excessOver: right, to: &sum)
            count += 1
        }
        return count > 0 ? sum.map { $0 / count } : sum
    }

    private func thumbnail(_ place: Int) -> Thumbnail? {
        window.indices.contains(place - windowStart) ? window[place - windowStart].thumbnail : nil
    }

    /// Which of the source's pictures belongs there: by its time, or by its number where times tell nothing.
    private mutating func place(of picture: PictureReader.Picture, _ number: Int, counts: Bool) throws -> Int? {
        if counts { return skipped + number }
        guard let time = picture.time.map({ $0 - offset }) else { return nil }
        var place = windowStart
        while true {
            while place >= order.count { guard try advance() else { return nil } }
            if let other = order[place].time, other >= time - tolerance {
                return other <= time + tolerance ? try nearest(to: time, from: place) : nil
            }
            place += 1
            // Before the film's first picture nothing needs to be kept.
            if recent.isEmpty, place - windowStart > Self.reach + Self.context {
                window.removeFirst()
                windowStart += 1
            }
            forgetThumbnail(place - Self.reach - Self.context - 1)
        }
    }

    /// Pictures may follow each other by less than the tolerance.
    private mutating func nearest(to time: Double, from first: Int) throws -> Int {
        var place = first
        while true {
            while place + 1 >= order.count { guard try advance() else { return place } }
            guard let this = order[place].time, let next = order[place + 1].time, abs(next - time) < abs(this - time)
            else { return place }
            place += 1
        }
    }

    /// Over a hole in the film, what lies neither near the picture before nor near the one behind is looked at by nobody.
    private mutating func forgetThumbnail(_ place: Int) {
        let last = recent.compactMap(\.place).max() ?? .max
        guard window.indices.contains(place - windowStart), place - Self.reach - Self.context > last else { return }
        window[place - windowStart].thumbnail = nil
    }

    private func times(counts: Bool) throws -> [Double] {
        guard counts else { return order.compactMap(\.time).sorted() }
        let shown = order.compactMap(\.packet).filter { source.packets.indices.contains($0) }
        let base = source.timeBase
        let pts = shown.map { source.packets[$0].pts ?? .min }
        if pts.first != .min, zip(pts, pts.dropFirst()).allSatisfy({ $0 < $1 }) { return pts.map { Double($0) * base } }
        if let filled = FilledTimes.fill(pts) { return filled.map { Double($0) * base } }
        let dts = shown.map { source.packets[$0].dts ?? .min }.sorted()
        if dts.first != .min { return dts.map { Double($0) * base } }
        return shown.indices.map { Double($0) * (source.nominalStep ?? 0) * base }
    }
}
