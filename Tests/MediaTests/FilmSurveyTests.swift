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

    @Test func whatHasNoPicturesIsRefused() async throws {
        let folder = try TemporaryFolder()
        let sound = folder.path("sound.mka")
        try await ffmpeg(["-f", "lavfi", "-i", "sine", "-t", "1", sound])
        #expect(throws: MediaError.self) { try FilmSurvey(sound) }
    }
}
