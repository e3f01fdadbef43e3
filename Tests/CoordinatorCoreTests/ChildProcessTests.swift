import Foundation
import Processes
import Testing

@Suite struct ChildProcessTests {
    /// A child begins as from a shell: nothing blocked, nothing ignored, whatever the thread that starts it does.
    @Test(arguments: [SIGTERM, SIGPIPE, SIGINT]) func signalsReachAChild(_ number: Int32) async throws {
        signal(SIGPIPE, SIG_IGN)
        let child = try ChildProcess(
            Launch(executable: "/bin/sh", arguments: ["-c", "kill -\(number) $$; echo survived"]), name: "sh")
        var said: [String] = []
        for await line in child.lines { said.append(String(decoding: line, as: UTF8.self)) }
        let exit = await child.exit()
        #expect(exit.code == number && exit.bySignal && said.isEmpty, "\(exit) \(said)")
    }

    @Test func aChildThatIsToldNothingReadsNothing() async throws {
        let child = try ChildProcess(Launch(executable: "/bin/cat", arguments: []), name: "cat", reads: false)
        for await line in child.lines { Issue.record("it read \(line)") }
        #expect(await child.exit().isSuccess)
    }
}
