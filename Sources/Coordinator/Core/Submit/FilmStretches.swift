import FarmModel
import Foundation
import Media

/// A film's stretches of pictures of one format each. A job takes pictures of one.
struct FilmStretches {
    struct Stretch: Hashable, Sendable {
        var frames: FrameRange
        var picture: PictureFormat
        /// Of what shape samples are, and from which frame on: that may change inside.
        var aspects: [Aspect]
    }

    struct Aspect: Hashable, Sendable {
        var first: Int
        var ratio: Rational
    }

    /// Together the whole film; none where nobody could tell.
    private(set) var all: [Stretch] = []

    init(_ marks: [FormatMark], in table: FrameTable) {
        for (number, mark) in marks.enumerated() {
            let frame = number == 0 ? 0 : table.frame(notBefore: Double(mark.timestamp) * table.timeBase.value)
            let first = max(frame, all.last?.aspects.last?.first ?? 0)
            guard first < table.count else { continue }
            add(mark, from: first, to: table.count)
        }
    }

    private mutating func add(_ mark: FormatMark, from first: Int, to end: Int) {
        let aspect = Aspect(first: first, ratio: mark.sampleAspectRatio)
        guard let last = all.last else {
            all = [Stretch(frames: FrameRange(0, end), picture: mark.picture, aspects: [aspect])]
            return
        }
        guard !last.picture.passes(for: mark.picture) else {
            let isNew = last.aspects.last?.ratio.isSame(as: aspect.ratio) == false
            if isNew { all[all.count - 1].aspects.append(aspect) }
            return
        }
        all[all.count - 1].frames.end = first
        if all[all.count - 1].frames.isEmpty { all.removeLast() }
        all.append(Stretch(frames: FrameRange(first, end), picture: mark.picture, aspects: [aspect]))
    }

    /// The stretch that all frames of `range` belong to; nil where nobody could tell.
    /// - Parameter time: of a frame, as `--from` and `--to` have it.
    /// - Throws: `CoordinatorError` where there are several.
    func stretch(holding range: FrameRange, of path: String, time: (Int) -> String) throws -> Stretch? {
        let touched = all.filter { $0.frames.first < range.end && $0.frames.end > range.first }
        guard touched.count > 1 else { return touched.first }
        // Colour is named where nothing else changes.
        let colour = zip(touched, touched.dropFirst()).contains { $0.picture.hasShape(of: $1.picture) }
        let parts = touched.prefix(Self.told).map { stretch -> String in
            let from = stretch.frames.first > 0 ? ["--from \(time(stretch.frames.first))"] : []
            let to = stretch.frames.end < (all.last?.frames.end ?? 0) ? ["--to \(time(stretch.frames.end))"] : []
            return "\((from + to).joined(separator: " ")) (\(stretch.picture.name(withColor: colour)))"
        }
        let more = touched.count > Self.told ? " and \(touched.count - Self.told) more" : ""
        throw CoordinatorError(
            .file,
            "\(path): its pictures change at \(time(touched[1].frames.first)) s, and one job takes pictures of one kind: "
                + "upscale its parts on their own: \(parts.joined(separator: ", "))\(more)")
    }

    private static let told = 4
}

extension FilmStretches.Stretch {
    /// The shape that most of the range's samples have; nil where it does not change.
    func aspect(within range: FrameRange) -> (ratio: Rational, change: FilmStretches.Aspect)? {
        let ends = aspects.dropFirst().map(\.first) + [frames.end]
        let parts = zip(aspects, ends).map { aspect, end in
            (aspect: aspect, count: min(end, range.end) - max(aspect.first, range.first))
        }.filter { $0.count > 0 }
        guard parts.count > 1 else { return nil }
        let most = parts.max { a, b in
            func total(_ ratio: Rational) -> Int {
                parts.filter { $0.aspect.ratio.isSame(as: ratio) }.reduce(0) { $0 + $1.count }
            }
            return total(a.aspect.ratio) < total(b.aspect.ratio)
        }
        return most.map { ($0.aspect.ratio, parts[1].aspect) }
    }

    /// The shape of the range's first samples.
    func firstAspect(within range: FrameRange) -> Rational? {
        aspects.last { $0.first <= range.first }?.ratio ?? aspects.first?.ratio
    }
}

extension PictureFormat {
    /// Whether pictures of the other format can go the same way. What a film does not say of its colours contradicts nothing; where
    /// chroma lies between the lines is not taken so seriously.
    fileprivate func passes(for other: PictureFormat) -> Bool {
        func agree(_ a: Int, _ b: Int) -> Bool { a == b || a == 2 || b == 2 }
        let matrices = (color.effectiveMatrix(height: height), other.color.effectiveMatrix(height: height))
        let isAlike = matrices.0 == matrices.1 || Set([matrices.0, matrices.1]) == [5, 6]
        return hasShape(of: other) && isAlike && color.isFullRange == other.color.isFullRange
            && agree(color.primaries, other.color.primaries) && agree(color.transfer, other.color.transfer)
    }

    /// The same size, of the same planes.
    func hasShape(of other: PictureFormat) -> Bool {
        (width, height) == (other.width, other.height) && layout == other.layout
    }

    fileprivate func name(withColor: Bool) -> String {
        guard withColor else { return summary }
        let matrix = ColorDescription.matrixName(color.matrix)
        return summary + ", matrix \(matrix), primaries \(color.primaries), transfer \(color.transfer), "
            + (color.isFullRange ? "full range" : "limited range")
    }
}

extension Rational {
    func isSame(as other: Rational) -> Bool {
        Int64(numerator) * Int64(other.denominator) == Int64(other.numerator) * Int64(denominator)
    }
}
