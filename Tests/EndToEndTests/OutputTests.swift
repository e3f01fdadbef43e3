import Foundation
import TestSupport
import Testing

/// What commands print, and what becomes of them where it cannot be written.
@Suite struct OutputTests {
    private let folder = try! TemporaryFolder()

    /// Runs `coordinator` as `script` says, to which it and its arguments are `"$0" "$@"`.
    private func run(_ script: String, _ arguments: [String]) async throws -> CoordinatorProcess.Ended {
        try await CoordinatorProcess(arguments, prefix: ["bash", "-c", script]).wait()
    }

    @Test(arguments: [
        ["keys", "list", "--json"], ["keys", "list"], ["keys", "new", "--role", "client", "--name", "anna"],
    ])
    func whatCannotBeWrittenIsSaid(_ command: [String]) async throws {
        var arguments = command + ["--state", folder.path("state")]
        if command.contains("new") { arguments += ["-o", folder.path("anna.key")] }
        let ended = try await run("exec \"$0\" \"$@\" >/dev/full", arguments)
        #expect(ended.status == 3, "\(ended)")
        #expect(ended.error == "coordinator: cannot write to standard output: No space left on device\n")
    }

    /// Help, and what the worker's programs print, lies in memory until they end.
    @Test(arguments: [
        ("coordinator", "--help"), ("worker", "--help"), ("worker", "models"), ("worker-engine", "--version"),
    ])
    func noProgramEndsWellWhereNothingCanBeWritten(_ program: String, _ word: String) async throws {
        let ended = try await run("exec \"$(dirname \"$0\")/\(program)\" \"$@\" >/dev/full", [word])
        #expect(ended.status == 3 && ended.error.contains("cannot write to standard output: No space"), "\(ended)")
    }

    @Test(arguments: [
        ["run", ""], ["run", "film.mkv", ""], ["probe", ""], ["submit", ""], ["verify", "", "--source", "film.mkv"],
        ["compare", "a.mkv", "b.mkv", "--reference", ""],
    ])
    func anEmptyNameIsBadUsage(_ arguments: [String]) async throws {
        let ended = try await coordinator(arguments)
        #expect(ended.status == 2 && ended.error.contains("a film's name is empty"), "\(ended)")
    }

    /// A film may be called anything, and a terminal would obey it.
    @Test func namesOfFilmsCommandNoTerminal() async throws {
        let film = folder.path("a\u{1B}[31m\nb.mkv")
        try FileManager.default.copyItem(atPath: try await Fixtures.shared.film(.x264Closed), toPath: film)
        let ended = try await coordinator(["run", film, "--state", folder.path("state"), "--scale", "1"] + exact)
        #expect(ended.status == 0 && ended.error.contains("a?[31m?b.upscaled.mkv"), "\(ended)")
        #expect(!ended.error.contains("\u{1B}"), "\(ended)")
    }

    @Test func aReaderWhoHasGoneIsNoFault() async throws {
        let script = "{ sleep 0.3; \"$0\" \"$@\"; } | true; exit ${PIPESTATUS[0]}"
        let ended = try await run(script, ["keys", "list", "--json", "--state", folder.path("state")])
        #expect(ended.status == 0 && ended.error.isEmpty, "\(ended)")
    }
}
