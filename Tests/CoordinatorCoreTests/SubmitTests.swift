import FarmModel
import Foundation
import Media
import TestSupport
import Testing

@testable import CoordinatorCore

@Suite struct SubmitTests {
    @Test func namesTheSettingThatChanged() {
        let settings = JobSettings(scale: 2)
        #expect(settings.difference(from: settings) == nil)
        #expect(settings.difference(from: JobSettings(scale: 3)) == "--scale was 2 and is 3")
        #expect(settings.difference(from: JobSettings()) == "--scale was 2 and is the default")
        #expect(JobSettings().difference(from: JobSettings(height: 720)) == "--height was the default and is 720")
        var other = settings
        other.segmentLength = .frames(24)
        #expect(settings.difference(from: other)?.contains("--segment-frames 24") == true)
        other = settings
        other.cpuEngine = .torch
        #expect(settings.difference(from: other) == "--cpu-engine was the default and is torch")
        other = settings
        other.gopLength = .seconds(4)
        #expect(settings.difference(from: other)?.contains("--gop-seconds 4.0") == true)
        other = settings
        other.encoderParameters = [EncoderParameter(key: "aq-mode", value: "3")]
        #expect(settings.difference(from: other) == "--encoder-params was none and is aq-mode=3")
    }

    @Test func shortFilmsHaveShortGOPs() {
        func length(_ segments: SegmentLength, _ gops: SegmentLength? = nil, seconds: Double) -> SegmentLength {
            JobSettings(segmentLength: segments, gopLength: gops).gopLength(seconds: seconds)
        }
        #expect(length(.automatic, seconds: 5) == .seconds(2))
        #expect(length(.automatic, seconds: 1280) == .seconds(5))
        #expect(length(.automatic, seconds: 7200) == .seconds(10))
        #expect(length(.seconds(60), seconds: 1280) == .seconds(5))
        #expect(length(.seconds(3), seconds: 7200) == .seconds(10))
        #expect(length(.frames(24), seconds: 7200) == .frames(24))
        #expect(length(.frames(240), .seconds(1), seconds: 7200) == .seconds(1))
    }

    @Test func aSegmentHoldsAWholeGOP() throws {
        for (segments, gops) in [
            (SegmentLength.frames(24), SegmentLength.frames(25)), (.seconds(2), .seconds(2.5)),
            (.automatic, .frames(0)), (.automatic, .seconds(.nan)), (.automatic, .seconds(601)),
        ] {
            let error = #expect(throws: CoordinatorError.self) {
                try JobSettings(segmentLength: segments, gopLength: gops).check()
            }
            #expect(error?.kind == .usage && error?.message.contains("--gop-") == true)
        }
        try JobSettings(segmentLength: .frames(24), gopLength: .frames(24)).check()
        try JobSettings(segmentLength: .frames(24), gopLength: .seconds(100)).check()
    }

    private func recipe(matrix: String, size: String = "96x64") async throws -> Recipe {
        let folder = try TemporaryFolder()
        let film = folder.path("film.mkv")
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=\(size),format=yuv420p", "-frames:v", "1", "-c:v", "libx264",
            "-colorspace", matrix, film,
        ])
        return try RecipePlanner(
            settings: JobSettings(model: "nearest", preset: "ultrafast"), film: try FilmDescription.read(film),
            model: .nearest(scale: 2), output: folder.path("out.mkv")
        ).recipe()
    }

    @Test(arguments: [
        ("ycgco", "YCgCo (8"), ("bt2020c", "BT.2020 with constant luminance (10"), ("ictcp", "ICtCp (14"),
    ])
    func aMatrixThatIsNotSupportedIsRefusedByName(matrix: String, words: String) async throws {
        let error = await #expect(throws: CoordinatorError.self) { try await recipe(matrix: matrix) }
        #expect(error?.kind == .file)
        #expect(error?.message.contains(words) == true && error?.message.contains("\n") == false)
    }

    @Test func whatIsTakenForAMatrixThatIsNotSaidIsTold() async throws {
        #expect(try await recipe(matrix: "bt709").colorAssumption == nil)
        #expect(try await recipe(matrix: "unknown").colorAssumption?.contains("BT.601 is taken") == true)
        #expect(
            try await recipe(matrix: "unknown", size: "160x720").colorAssumption?.contains("BT.709 is taken") == true)
    }

    @Test(arguments: [
        (Codec.ffv1, "yuva420p", nil), (.hevc, "yuva420p", "hevc cannot hold it"),
        (.hevc, "bgra", "hevc cannot hold it"),
        (.ffv1, "bgra", nil), (.ffv1, "ya8", "cannot be decoded"), (.ffv1, "yuv420p", nil), (.hevc, "bgr0", nil),
        (.ffv1, "vp9", "cannot be decoded"),
    ])
    func alphaThatIsLeftOutIsSaid(codec: Codec, pixels: String, words: String?) async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.mkv")
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=96x64", "-frames:v", "1", "-pix_fmt",
            pixels == "vp9" ? "yuva420p" : pixels,
            "-c:v", pixels == "vp9" ? "libvpx-vp9" : "ffv1", film,
        ])
        let description = try FilmDescription.read(film)
        let recipe = try RecipePlanner(
            settings: JobSettings(model: "nearest", codec: codec), film: description,
            model: .nearest(scale: 2), output: folder.path("out.mkv")
        ).recipe()
        let losses = description.losses(recipe.encoding)
        #expect(losses.count == (words == nil ? 0 : 1))
        if let words { #expect(losses.first?.contains(words) == true, "\(losses)") }
        #expect(recipe.encoding.picture.layout.hasAlpha == (codec == .ffv1 && ["yuva420p", "bgra"].contains(pixels)))
    }

    @Test func whatAnEncoderCannotCarryOfThePicturesIsSaid() async throws {
        let film = try await Fixtures.shared.film(.x264OpenMKV)
        var description = try FilmDescription.read(film)
        (description.hasDynamicHDR, description.hasCaptions) = (true, true)
        #expect(description.losses(as: .hevc).isEmpty && description.losses(as: .hevc, by: "libx265").isEmpty)
        let byUnit = description.losses(as: .hevc, by: "hevc_nvenc")
        #expect(byUnit.count == 1 && byUnit.first?.contains("HDR10+ is left out") == true, "\(byUnit)")
        #expect(description.losses(as: .h264).count == 1 && description.losses(as: .av1).count == 2)
    }

    @Test func theOutputStandsBesideTheFilm() {
        let request = JobRequest(film: "/films/a.b.mkv", output: nil, settings: JobSettings(), overwrite: false)
        #expect(request.output == "/films/a.b.upscaled.mkv")
    }

    @Test func aLinkToTheFilmIsNoOutput() throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.mkv")
        try Data("film".utf8).write(to: URL(fileURLWithPath: film))
        try FileManager.default.createSymbolicLink(atPath: folder.path("link.mkv"), withDestinationPath: film)
        let request = JobRequest(
            film: folder.path("link.mkv"), output: film, settings: JobSettings(), overwrite: true)
        #expect(throws: CoordinatorError.self) { try request.checkOutput() }
    }

    @Test func theSpoolKeepsWhatIsAcceptedAndNothingElse() throws {
        let folder = try TemporaryFolder()
        let spool = Spool(stateDirectory: folder.url.path)
        let (kept, gone) = (JobID("keep2"), JobID("gone2"))
        let accepted = AttemptID(segment: SegmentID(job: kept, index: 0), number: 2)
        let late = AttemptID(segment: SegmentID(job: kept, index: 0), number: 1)
        for job in [kept, gone] { try spool.create(job) }
        for attempt in [accepted, late] { try Data("x".utf8).write(to: URL(fileURLWithPath: spool.segment(attempt))) }
        try spool.sweep(keeping: [kept])
        try spool.tidy(kept, keeping: [accepted])
        let files = FileManager.default
        #expect(!files.fileExists(atPath: spool.directory(gone)))
        #expect(files.fileExists(atPath: spool.segment(accepted)))
        #expect(!files.fileExists(atPath: spool.segment(late)))

        let blob = BlobReference(id: "x", size: 1, sha256: "")
        var result = SegmentResult(attempt: accepted, output: blob, frames: 1, missing: [], stages: StageTimes())
        #expect(throws: Never.self) { try spool.check([result]) }
        result.output.size = 2
        #expect(throws: CoordinatorError.self, "a file that is not what was accepted") { try spool.check([result]) }
    }
}
