import FarmModel
import Testing

@testable import CoordinatorCore

@Suite struct GOPBordersTests {
    private let borders = GOPBorders(frames: [0, 10, 25, 26, 40])

    @Test func insideIsWithoutTheEnds() {
        #expect(borders.inside(FrameRange(0, 40)) == [10, 25, 26])
        #expect(borders.inside(FrameRange(10, 26)) == [25])
        #expect(borders.inside(FrameRange(26, 40)) == nil && borders.inside(FrameRange(40, 100)) == nil)
        #expect(borders.inside(FrameRange(5, 45)) == [10, 25, 26, 40])
    }

    /// As `SegmentEncoder` begins them.
    @Test func whereAFrameIsMissingTheNextIsTheKeyframe() {
        func keyframes(_ first: Int, _ end: Int, without missing: [Int]) -> [Int] {
            borders.keyframes(of: FrameRange(first, end), given: (first..<end).filter { !missing.contains($0) })
        }
        #expect(keyframes(0, 40, without: []) == [0, 10, 25, 26])
        #expect(keyframes(0, 40, without: [0, 10, 11, 25]) == [1, 12, 26])
        #expect(keyframes(10, 26, without: Array(12..<26)) == [10])
        #expect(keyframes(10, 26, without: Array(10..<26)) == [])
        #expect(keyframes(3, 12, without: Array(3..<11)) == [11])
    }
}
