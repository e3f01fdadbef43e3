import Foundation
import TestSupport
import Testing

@testable import Media

@Suite struct FilmSurveyTests {
    /// `probe` must promise what a job then finds.
    @Test(arguments: FilmKind.allCases) func aSurveyTellsWhatAnIndexTells(_ kind: FilmKind) async throws {
        let film = try await Fixtures.shared.film(kind)
        let folder = try TemporaryFolder()
        let index = try FilmIndexer.index(film, store: folder.path("packets"), threads: 1)
        let survey = try FilmSurvey(film)
        #expect(survey.table.timestamps == index.table.timestamps)
        #expect(survey.table.keyframes == index.table.keyframes)
        #expect(survey.table.packets.map(\.flags) == index.table.packets.map(\.flags))
        #expect(survey.warnings == index.warnings)
        #expect(survey.videoBytes > 0)
    }

    /// The head of a file that was cut off speaks of pictures that are not there.
    @Test func aFileThatEndsEarlyEndsWithItsLastPicture() async throws {
        let folder = try TemporaryFolder()
        let (whole, part) = (folder.path("whole.mp4"), folder.path("part.mp4"))
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p", "-t", "4", "-c:v", "libx264", "-preset",
            "ultrafast", "-g", "25", "-movflags", "+faststart", whole,
        ])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: part))
        let (all, some) = try (FilmSurvey(whole).table, FilmSurvey(part).table)
        func rest(_ table: FrameTable) -> Double {
            Double((table.end ?? .max) - (table.timestamps.last ?? 0)) * table.timeBase.value
        }
        #expect(abs(rest(all) - 0.04) < 0.001 && abs(rest(some) - 0.04) < 0.001, "\(rest(all)), \(rest(some))")
        #expect(some.count < 80 && all.count == 100)
    }

    @Test func whatHasNoPicturesIsRefused() async throws {
        let folder = try TemporaryFolder()
        let sound = folder.path("sound.mka")
        try await ffmpeg(["-f", "lavfi", "-i", "sine", "-t", "1", sound])
        #expect(throws: MediaError.self) { try FilmSurvey(sound) }
    }
}
