import Foundation
import TestSupport
import Testing

/// P1: the output has the frames that a full decode gives, each once, in order, at their times.
@Suite struct FramesTests {
    static let kinds: [FilmKind] = [
        .x264OpenMP4, .x265OpenMKV, .x265CRAStart, .x264OneKeyframe, .x264Pyramid, .variableRateMKV, .variableRateMP4,
        .mpeg2TS, .mpeg2PS, .editList, .audioPriming, .negativeDTS, .x264IntraRefresh, .x264AVI,
    ]

    @Test(arguments: kinds) func everyFrameOnce(kind: FilmKind) async throws {
        let film = try await Fixtures.shared.film(kind)
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        try await upscale(film, to: output, in: folder, exact + ["--scale", "1", "--segment-frames", "17"])

        let expected = try await referenceFrames(film)
        #expect(try await referenceFrames(output).count == expected.count)
        let misplaced = Judge.misplaced(try await Judge.thumbnails(output), from: try await Judge.thumbnails(film))
        #expect(misplaced.isEmpty)
        try await expectTimes(of: output, toBe: seconds(expected, film))
        let faults = try await Judge.faults(output, of: film)
        #expect(faults == "")
    }

    /// Equal but for one offset, within Matroska's millisecond.
    private func expectTimes(of film: String, toBe expected: [Double]) async throws {
        let times = try await Judge.times(film)
        try #require(times.count == expected.count)
        let offset = (times.first ?? 0) - (expected.first ?? 0)
        let worst = zip(times, expected).map { abs($0 - $1 - offset) }.max() ?? 0
        #expect(worst <= 0.001001, "a frame moved by \(worst) s")
    }

    private func seconds(_ frames: [FrameHash], _ film: String) async throws -> [Double] {
        let base = try await Judge.stream(film, "v:0", "time_base").split { !$0.isNumber }.compactMap { Double($0) }
        try #require(base.count == 2)
        return frames.compactMap { $0.timestamp.map { Double($0) * base[0] / base[1] } }
    }
}
