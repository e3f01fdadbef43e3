import CoordinatorCore
import FarmModel

/// A film as it really is: which candidate frames exist, and which segment no engine survives.
struct SimulatedFilm {
    let id: JobID
    let ranges: [FrameRange]
    /// Frames that no decoder gives.
    private(set) var gone: Set<Int> = []
    /// Frames that decoding gives only with a GOP more of run-up.
    private(set) var late: Set<Int> = []
    private(set) var cursed: Int?

    init(id: JobID, segments: Int, isCursed: Bool, using generator: inout SeededGenerator) {
        self.id = id
        ranges = (0..<segments).map { FrameRange($0 * 24, ($0 + 1) * 24) }
        for range in ranges {
            if generator.chance(0.04) { gone.formUnion(range.first..<(range.first + 3)) }
            if generator.chance(0.04) { late.formUnion((range.first + 2)..<(range.first + 6)) }
        }
        cursed = isCursed ? segments / 2 : nil
    }

    var plan: JobPlan { JobPlan(id: id, shape: nil, segments: ranges.map { SegmentPlan(range: $0) }) }

    func result(of attempt: AttemptID, extraRunUp: Int) -> SegmentResult {
        let range = ranges[attempt.segment.index]
        // Now and then a decoder misses a frame that it gives another time; the same attempt is the same result.
        var generator = SeededGenerator(seed: UInt64(attempt.segment.index * 1000 + attempt.number))
        let slip = generator.chance(0.02) ? Int.random(in: range.first..<range.end, using: &generator) : nil
        let missing = (range.first..<range.end).filter {
            gone.contains($0) || (extraRunUp == 0 && late.contains($0)) || $0 == slip
        }
        let output = BlobReference(id: "\(attempt)", size: 1, sha256: "bytes of \(attempt)")
        return SegmentResult(
            attempt: attempt, output: output, frames: range.count - missing.count, missing: missing,
            stages: StageTimes())
    }
}
