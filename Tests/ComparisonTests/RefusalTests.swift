import Foundation
import Media
import TestSupport
import Testing

@testable import Comparison

/// Films that are no two to compare.
@Suite struct RefusalTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func film(_ name: String, _ source: String, _ encoder: [String] = [], frames: Int = 6) async throws
        -> String
    {
        let path = folder.path(name)
        try await ffmpeg(["-f", "lavfi", "-i", source, "-frames:v", "\(frames)", "-c:v", "ffv1"] + encoder + [path])
        return path
    }

    private func refusal(_ a: String, _ b: String, reference: String? = nil) throws -> String {
        let error = #expect(throws: MediaError.self) {
            try FilmComparer.compare(.init(a: a, b: b, reference: reference))
        }
        #expect(error?.kind == .source && error?.message.contains("\n") == false)
        return error?.message ?? ""
    }

    @Test func otherSizesAreNamed() async throws {
        let (a, b) = (try await film("a.mkv", "testsrc2=size=96x64"), try await film("b.mkv", "testsrc2=size=192x128"))
        let words = "\(a) is 96x64 and \(b) 192x128"
        #expect(try refusal(a, b).hasPrefix(words))
        #expect(try refusal(a, a, reference: b).hasPrefix(words))
    }

    @Test func otherLengthsAreNamed() async throws {
        let (a, b) = (
            try await film("a.mkv", "testsrc2=size=96x64"), try await film("b.mkv", "testsrc2=size=96x64", frames: 5)
        )
        #expect(try refusal(a, b).hasPrefix("\(b) ends after 5 frames, where \(a) goes on"))
        #expect(try refusal(a, a, reference: b).hasPrefix("\(b) ends after 5 frames"))
    }

    /// Cut off in the middle: the container says so.
    @Test func aTruncatedFilmIsNamed() async throws {
        let a = try await film("a.mkv", "testsrc2=size=96x64", frames: 12)
        let data = try Data(contentsOf: URL(fileURLWithPath: a))
        let b = folder.path("b.mkv")
        try data.prefix(data.count / 2).write(to: URL(fileURLWithPath: b))
        let words = try refusal(a, b)
        #expect(words.hasPrefix("\(b) ends after ") && words.contains("ended prematurely"), "\(words)")
        // Both alike: what is there is compared, and said to be less.
        let found = try FilmComparer.compare(.init(a: b, b: b))
        #expect(found.frames < 12 && found.warnings.contains { $0.contains(b) && $0.contains("prematurely") })
    }

    @Test func picturesThatAreTooSmallAreRefused() async throws {
        let small = try await film("small.mkv", "testsrc2=size=64x30")
        #expect(try refusal(small, small).contains("64x30 are too small"))
    }

    @Test func aFilmWhoseSizeChangesIsRefused() async throws {
        let (small, large) = (folder.path("small.h264"), folder.path("large.h264"))
        for (path, size) in [(small, "96x64"), (large, "128x96")] {
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=\(size)", "-frames:v", "3", "-pix_fmt", "yuv420p", "-c:v",
                "libx264", path,
            ])
        }
        let both = folder.path("both.h264")
        try (Data(contentsOf: URL(fileURLWithPath: small)) + Data(contentsOf: URL(fileURLWithPath: large)))
            .write(to: URL(fileURLWithPath: both))
        #expect(try refusal(both, both).contains("change from 96x64 to 128x96 at frame 3"))
    }

    @Test func lumaOfAnotherMatrixIsSaid() async throws {
        let a = try await film("a.mkv", "testsrc2=size=96x64,format=yuv420p")
        let b = try await film("b.mkv", "testsrc2=size=96x64,format=yuv420p", ["-colorspace", "bt709"])
        let found = try FilmComparer.compare(.init(a: a, b: b))
        #expect(found.warnings == ["\(b) has luma of BT.709 and \(a) of BT.601: they differ by that too"])
    }

    @Test func bordersBeyondTheEndAreSaid() async throws {
        let a = try await film("a.mkv", "testsrc2=size=96x64")
        let found = try FilmComparer.compare(.init(a: a, b: a, borders: [3, 6, 3]))
        #expect(found.borders.frames == [3] && found.warnings == ["no border at [6]: the films have frames 0 to 5"])
    }
}
