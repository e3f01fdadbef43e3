import FarmModel
import Media

/// The frames with which a job's encoders begin anew.
struct GOPBorders: Hashable, Sendable {
    /// Ascending; the segments' own first ones among them.
    let frames: [Int]

    /// Those between a segment's first frame and its end.
    func inside(_ range: FrameRange) -> [Int]? {
        let inside = frames[frames.firstIndex(notBelow: range.first + 1)..<frames.firstIndex(notBelow: range.end)]
        return inside.isEmpty ? nil : Array(inside)
    }

    /// The frames that must be keyframes of a segment: where the one at a border is not there, the next that is.
    /// - Parameter given: the segment's frames that some decoder gave, ascending.
    func keyframes(of range: FrameRange, given: [Int]) -> [Int] {
        var keyframes: [Int] = []
        for border in [range.first] + (inside(range) ?? []) {
            let index = given.firstIndex(notBelow: border)
            if index < given.count, keyframes.last != given[index] { keyframes.append(given[index]) }
        }
        return keyframes
    }
}

extension GOPBorders {
    /// They are found again from the frame table whenever a job is taken up: for a job under way `FrameTable.segments` must not find others.
    /// A job that an older coordinator made has none but its segments' own.
    init(of job: JobRecord, in table: FrameTable) {
        let ranges = job.plan.segments.map(\.range)
        guard let length = job.recipe.encoding.gopLength, let first = ranges.first?.first, let end = ranges.last?.end
        else {
            frames = ranges.map(\.first)
            return
        }
        frames = table.segments(length: length, within: FrameRange(first, end)).map(\.first)
    }
}
