package import FarmModel
import Scheduling

/// A film as it really is: which candidate frames exist, and which segments no engine survives.
package struct SimulatedFilm {
    static let framesPerSegment = 24
    /// Pixels of an output frame; a segment is then `framesPerSegment` megapixels.
    static let weight = 1e6

    package let id: JobID
    package let ranges: [FrameRange]
    let needs: JobNeeds
    let priority: Int
    /// Frames that no decoder gives.
    private(set) var gone: Set<Int> = []
    /// Frames that decoding gives only with a GOP more of run-up.
    private(set) var late: Set<Int> = []
    private(set) var cursed: Set<Int> = []
    /// Every decoder gives every frame.
    private let isSound: Bool

    init(
        id: JobID, segments: Int, cursed: Int = 0, isSound: Bool = false, needs: JobNeeds, priority: Int,
        using generator: inout SeededGenerator
    ) {
        self.id = id
        self.needs = needs
        self.priority = priority
        self.isSound = isSound
        let length = Self.framesPerSegment
        ranges = (0..<segments).map { FrameRange($0 * length, ($0 + 1) * length) }
        for range in ranges where !isSound {
            if generator.chance(0.03) { gone.formUnion(range.first..<(range.first + 3)) }
            if generator.chance(0.03) { late.formUnion((range.first + 2)..<(range.first + 6)) }
        }
        while self.cursed.count < min(cursed, segments) { self.cursed.insert(generator.index(below: segments)) }
    }

    /// A job of it as it is submitted.
    func plan(order: Int64, isPinned: Bool) -> JobPlan {
        let shape = isPinned ? ExecutionShape(tile: 0, batch: 1, precision: .fp32) : nil
        return JobPlan(
            id: id, priority: priority, order: order, needs: needs, weight: Self.weight, shape: shape,
            segments: ranges.map { SegmentPlan(range: $0) })
    }

    func result(of attempt: AttemptID, extraRunUp: Int) -> SegmentResult {
        let range = ranges[attempt.segment.index]
        // Now and then a decoder misses a frame that it gives with more run-up; the same attempt is the same result.
        var generator = SeededGenerator(seed: UInt64(attempt.segment.index * 1000 + attempt.number))
        let slip =
            !isSound && extraRunUp == 0 && generator.chance(0.02)
            ? Int.random(in: range.first..<range.end, using: &generator) : nil
        let missing = (range.first..<range.end).filter {
            gone.contains($0) || (extraRunUp == 0 && late.contains($0)) || $0 == slip
        }
        let output = BlobReference(id: "\(attempt)", size: 1, sha256: "bytes of \(attempt)")
        return SegmentResult(
            attempt: attempt, output: output, frames: range.count - missing.count, missing: missing,
            stages: StageTimes())
    }
}
