import FarmModel
import Processes
import TestSupport
import Testing

@testable import CoordinatorCore

@Suite struct FilmToolTests {
    private static func tool(_ command: String) -> FilmTool {
        FilmTool(launch: Launch(executable: "/bin/sh", arguments: ["-c", "read -r order; \(command)"]))
    }

    @Test func aFilmThatCrashesTheReaderIsNamed() async throws {
        let error = await #expect(throws: CoordinatorError.self) {
            try await Self.tool("kill -SEGV $$").run(
                .survey(SurveyOrder(film: "a.mkv")), about: "a.mkv")
        }
        #expect(error?.kind == .file)
        #expect(error?.message.hasPrefix("a.mkv: reading it crashed the reader") == true)
    }

    /// What a user asks of an encoder is tried where it can do no harm, and neither a crash nor a hang is blamed on the film.
    @Test(arguments: [("kill -SEGV $$", "crashed"), ("exec sleep 60", "took longer")])
    func settingsThatTheEncoderCannotStandAreNamed(what: String, words: String) async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.mkv")
        try await ffmpeg(["-f", "lavfi", "-i", "testsrc2=size=96x64", "-frames:v", "1", "-c:v", "ffv1", film])
        var settings = JobSettings(model: "nearest")
        settings.encoderParameters = [EncoderParameter(key: "aq-mode", value: "3")]
        let order = PlanOrder(
            settings: settings, film: try .read(film),
            model: .nearest(scale: 2), output: folder.path("out.mkv"))
        let error = await #expect(throws: CoordinatorError.self) {
            try await Self.tool(what).plan(order, limit: .seconds(2))
        }
        #expect(error?.kind == .usage)
        #expect(error?.message.contains("--encoder-params") == true && error?.message.contains(words) == true)
    }
}
