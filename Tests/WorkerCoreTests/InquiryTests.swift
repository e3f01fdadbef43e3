import Foundation
import Processes
import Testing

@testable import WorkerCore

/// Programs that are asked something: those that answer, and those that do not.
@Suite struct InquiryTests {
    private func ask(_ script: String, limit: Duration = .seconds(60)) async throws -> Inquiry.Answer {
        try await Inquiry(launch: Launch(executable: "/bin/sh", arguments: ["-c", script]), limit: limit).ask()
    }

    @Test func whatItSaysIsHeardToItsEnd() async throws {
        let answer = try await ask(
            "echo one; echo two; echo 'what it is' >&2; echo trace >&2; echo 'where it was' >&2; exit 3")
        #expect(answer.lines.filter { !$0.isEmpty } == ["one", "two"])
        #expect(answer.exit.code == 3 && !answer.exit.bySignal)
        #expect(answer.words == "what it is … where it was")
        #expect(try await ask("echo alone >&2").words == "alone")
        #expect(try await ask("true").words == "")
    }

    @Test func whatHangsIsKilledAndNamed() async throws {
        let error = await #expect(throws: BoxError.self) { try await ask("sleep 600", limit: .seconds(1)) }
        #expect(error?.description.contains("sleep 600` has not answered for 1.0 seconds and was killed") == true)
    }

    @Test func whatIsNotThereIsSaid() async {
        let inquiry = Inquiry(launch: Launch(executable: "/nowhere/engine", arguments: []))
        let error = await #expect(throws: BoxError.self) { try await inquiry.ask() }
        #expect(
            error?.description
                == "cannot start /nowhere/engine: No such file or directory; it belongs beside the worker: install both"
        )
    }
}
