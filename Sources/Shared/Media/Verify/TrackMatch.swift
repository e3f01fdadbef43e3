internal import CLibAV
internal import FarmModel
internal import Foundation

/// The streams beside the pictures, of a source and of a film.
struct TrackMatch {
    /// Source stream to film stream.
    private(set) var matched: [Int: Int] = [:]
    private(set) var differences: [String] = []
    private(set) var losses: [String] = []

    init(_ source: FilmContents, _ film: FilmContents, offset: Double) {
        var left = film.tracks
        let container = FilmVerifier.container(of: film)
        for track in source.tracks where !source.demuxer.isMadeOfTags(track.index) {
            guard let place = Self.place(of: track, in: left) else {
                let canBeHeld = container?.canHold(source.demuxer.stream(track.index)) ?? true
                if track.packets.isEmpty, canBeHeld {
                    losses.append("\(track.name): it has no packets, and the film's container keeps no such streams")
                } else if canBeHeld {
                    differences.append("\(track.name) of the source is not in the film")
                } else {
                    losses.append("\(track.name): the film's container cannot hold it")
                }
                continue
            }
            let other = left.remove(at: place)
            matched[track.index] = other.index
            let part = track.part(source.interval, like: other, offset: offset)
            // QuickTime and MP4 give uncompressed sound back in portions of their own; Matroska keeps the source's.
            let isRepacked = container?.container.isMatroska == false && part.isRepacked(in: other)
            if isRepacked, source.isCut {
                losses.append(
                    "\(track.name) lies in other portions than in the source: its ends were compared, not its bytes")
                differences += Self.ends(track, other, in: source.interval, offset)
            } else {
                differences += Self.differences(part, other, offset, isRepacked: isRepacked)
            }
            if track.family != other.family {
                losses.append("\(track.name) was converted to \(other.codec)")
            }
        }
        for track in left where !film.demuxer.isMadeOfTags(track.index) {
            differences.append("the film has a \(track.name) that the source has not")
        }
    }

    /// The one with the same packets, else the next of the same kind.
    private static func place(of track: FilmContents.Track, in others: [FilmContents.Track]) -> Int? {
        let prints = track.packets.map(\.print)
        let known = Set(prints)
        let alike = others.indices.filter { index in
            let other = others[index]
            return other.kind == track.kind
                && (other.family == track.family || (other.form.text != nil && track.form.text != nil))
        }
        let same = alike.first { others[$0].packets.map(\.print) == prints }
        guard same == nil, !prints.isEmpty else { return same }
        // Of a part of the film there are fewer.
        return alike.first { !others[$0].packets.isEmpty && others[$0].packets.allSatisfy { known.contains($0.print) } }
            ?? alike.first
    }

    /// Where sound in other portions begins and ends. Of the source's packets a part takes those whose middle lies in it; one whose
    /// middle lies on the border may be in or out.
    private static func ends(
        _ source: FilmContents.Track, _ film: FilmContents.Track, in interval: Range<Double>, _ offset: Double
    ) -> [String] {
        let taken = source.packets.filter { interval.contains($0.middle) }
        let lengths = source.packets.filter {
            min(abs($0.middle - interval.lowerBound), abs($0.middle - interval.upperBound)) < 0.002
        }.map(\.length)
        let tolerance = 0.02 + (lengths.max() ?? 0)
        let ends = [
            ("begins", taken.first?.time, film.packets.first?.time),
            ("ends", taken.last.map { $0.time + $0.length }, film.packets.last.map { $0.time + $0.length }),
        ]
        return ends.compactMap { what, old, new in
            guard let old, let new, abs(new - old - offset) > tolerance else { return nil }
            return "\(source.name) \(what) \(rounded(new - old - offset)) s beside where the source's does"
        }
    }

    private static func differences(
        _ source: FilmContents.Track, _ film: FilmContents.Track, _ offset: Double, isRepacked: Bool
    ) -> [String] {
        let isConverted = source.family != film.family
        var (was, now) = isConverted ? (source.words, film.words) : (source.packets, film.packets)
        if isRepacked, let old = source.samples, let new = film.samples { (was, now) = (old.runs, new.runs) }
        let same = zip(was, now).prefix { $0.print == $1.print }.count
        var found: [String] = []
        if same < was.count || same < now.count {
            let time = same < was.count ? was[same].time : now[same].time
            let at = time.isNaN ? "" : " at \(rounded(time)) s"
            let rest = was.count == now.count ? "" : "; the film has \(now.count) packets of \(was.count)"
            found.append("\(source.name): packet \(same)\(at) is not the source's\(rest)")
        }
        // Two roundings here and two there, and those of an edit list's movie clock.
        let tolerance = source.tick + film.tick + 0.0011
        // Where a damaged source's times go back, a packet can only follow on the one before it. Pictures have an order of their own.
        let step = source.kind == .video ? -Double.infinity : source.kind == .subtitle ? 0 : film.tick
        var last = -Double.infinity
        for (old, new) in zip(was.prefix(same), now) {
            let moved = new.time - max(old.time + offset, last + step)
            if !new.time.isNaN { last = new.time }
            guard moved.isNaN || abs(moved) <= tolerance else {
                let way = moved > 0 ? "late" : "early"
                found.append(
                    "\(source.name) is \(rounded(abs(moved))) s \(way) against the pictures from \(rounded(old.time)) s on"
                )
                break
            }
        }
        return found
    }
}

extension FilmContents.Track {
    /// The same uncompressed sound, perhaps, in other portions.
    fileprivate func isRepacked(in film: FilmContents.Track) -> Bool {
        samples != nil && codec == film.codec && packets.map(\.print) != film.packets.map(\.print)
    }

    /// What of this track belongs to a part of its film: packets inside, and those across its borders if the film made of it
    /// begins or ends with them. What lasts long, as text does, begins no earlier than the part.
    func part(_ interval: Range<Double>, like film: FilmContents.Track, offset: Double) -> FilmContents.Track {
        guard interval != FilmContents.whole else { return self }
        var part = self
        part.packets = cut(packets, interval, like: film.packets, offset)
        part.words = cut(words, interval, like: film.words, offset)
        return part
    }

    private func cut(
        _ packets: [FilmContents.Packet], _ interval: Range<Double>, like film: [FilmContents.Packet], _ offset: Double
    ) -> [FilmContents.Packet] {
        // Sound belongs to a part by its packets' middles; a subtitle may stand for long, and a copied video begins at a keyframe.
        let (before, after) = kind == .subtitle ? (60, 0.15) : kind == .video ? (0.15, 60) : (0.15, 0.15)
        let end = interval.upperBound + (kind == .video ? 1 : 0.15)
        var inside = packets.filter { mark($0) > interval.lowerBound - before && mark($0) < end }
        if kind == .subtitle { inside = inside.map { .init(print: $0.print, time: max($0.time, interval.lowerBound)) } }
        let edge = inside.prefix { mark($0) <= interval.lowerBound + after }.count
        let starts = (0...edge).filter { $0 < inside.count && inside[$0].print == film.first?.print }
        func distance(_ place: Int) -> Double { abs(inside[place].time + offset - (film.first?.time ?? 0)) }
        guard let start = starts.min(by: { distance($0) < distance($1) }) else {
            return film.isEmpty && edge == inside.count ? [] : inside
        }
        let rest = inside[start...]
        let isTail = rest.dropFirst(film.count).allSatisfy { mark($0) > interval.upperBound - 0.15 }
        return Array(isTail ? rest.prefix(film.count) : rest)
    }

    /// The time by which a packet is in a part or out.
    private func mark(_ packet: FilmContents.Packet) -> Double { kind == .audio ? packet.middle : packet.time }
}
