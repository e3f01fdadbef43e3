import FarmModel
import TestSupport
import Testing

@testable import EngineCore

struct EncodingNoticeTests {
    private func result(_ segment: Int, busy: Double, blocked: Double) -> SegmentResult {
        var stages = StageTimes()
        stages.inference = .init(busy: busy, blocked: blocked)
        let attempt = AttemptID(segment: SegmentID(job: JobID("k7f"), index: segment), number: 1)
        return SegmentResult(
            attempt: attempt, output: BlobReference(id: "b", size: 1, sha256: ""), frames: 8, missing: [],
            stages: stages)
    }

    @Test func anEncoderThatLimitsIsNamedOnceAJob() throws {
        let notice = EncodingNotice()
        #expect(notice.text(for: result(0, busy: 9, blocked: 0.5), on: "cuda:0") == nil, "the network limits")
        let text = try #require(notice.text(for: result(1, busy: 1, blocked: 3), on: "cuda:0"))
        #expect(
            text.contains("k7f") && text.contains("--preset") && text.contains("cuda:0") && text.contains("--engines 2")
        )
        #expect(notice.text(for: result(2, busy: 1, blocked: 3), on: "cuda:0") == nil, "said already")
    }
}
