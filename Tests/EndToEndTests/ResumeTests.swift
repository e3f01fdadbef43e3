import Foundation
import TestSupport
import Testing

/// Ctrl-C loses nothing: the same command goes on, another one is told what has changed.
@Suite(.serialized) struct ResumeTests {
    @Test func theSameCommandGoesOn() async throws {
        let job = try await InterruptedJob.make(from: try await KillTests.film())
        let again = try await coordinator(job.arguments)
        try #require(again.status == 0, "\(again)")
        let done = job.accepted.count { $0 != nil }
        let note = "\(done) of \(job.accepted.count) segments are done"
        #expect(again.events.contains { ($0["text"] as? String)?.contains(note) == true }, "\(again.output)")
        try await KillTests.expectKept(job.accepted, in: job.state)
        #expect(try await referenceFrames(job.output).count == 120)
        #expect(try job.leftovers().isEmpty)
    }

    @Test func whatHasChangedIsNamed() async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.mkv")
        try FileManager.default.copyItem(atPath: try await KillTests.film(), toPath: film)
        let job = try await InterruptedJob.make(from: film)

        for (setting, old, new) in [("--crf", "18", "20"), ("--scale", "4", "2")] {
            let line = try await Self.refusal(job.arguments + [setting, new], status: 2)
            #expect(line.contains("\(setting) was \(old) and is \(new)") && line.contains("--restart"), "\(line)")
        }
        #expect(try await KillTests.acceptedAttempts(job.state) == job.accepted)

        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: film))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(count: 100))
        try handle.close()
        let line = try await Self.refusal(job.arguments, status: 3)
        #expect(line.contains(film) && line.contains("--restart"), "\(line)")
        #expect(try await KillTests.acceptedAttempts(job.state) == job.accepted)

        let ended = try await coordinator(job.arguments + ["--restart", "--scale", "1"])
        try #require(ended.status == 0, "\(ended)")
        #expect(try await KillTests.acceptedAttempts(job.state).allSatisfy { $0 == 1 })
        #expect(try await referenceFrames(job.output).count == 120)
        #expect(try await Judge.stream(job.output, "v:0", "width,height") == "160,120")
        #expect(try job.leftovers().isEmpty)
    }

    private static func refusal(_ arguments: [String], status: Int32) async throws -> String {
        let ended = try await coordinator(arguments)
        #expect(ended.status == status && !ended.bySignal, "\(ended)")
        let lines = ended.error.split(separator: "\n")
        #expect(lines.count == 1, "\(ended.error)")
        return lines.last.map(String.init) ?? ""
    }
}

/// A job that Ctrl-C ended in the middle, and what holds after each such end.
private struct InterruptedJob: Sendable {
    let folder: TemporaryFolder
    let arguments: [String]
    /// The number of each segment's accepted attempt; nil where none is accepted.
    var accepted: [Int?] = []

    var output: String { folder.path("out.mkv") }
    var state: String { folder.path("state") }

    static func make(from film: String) async throws -> InterruptedJob {
        let folder = try TemporaryFolder()
        let arguments =
            ["run", film, "-o", folder.path("out.mkv"), "--state", folder.path("state"), "--json"] + KillTests.settings
        var job = InterruptedJob(folder: folder, arguments: arguments)
        let ended = try await Gate.shared.pass {
            let process = try CoordinatorProcess(arguments)
            try #require(await process.reaches { ($0.segments?.accepted ?? 0) >= 2 }, "\(process.errorText)")
            let children = process.workers + process.engines
            #expect(children.count == 2)
            process.signal(SIGINT)
            let ended = await process.wait()
            try await expectGone(children)
            return ended
        }
        #expect(ended.status == 130 && !ended.bySignal, "\(ended)")
        #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: job.output))
        job.accepted = try await KillTests.acceptedAttempts(job.state)
        let attempts = job.accepted
        #expect(attempts.contains(1) && attempts.contains(nil), "the interrupt must come in the middle: \(attempts)")
        return job
    }

    /// What a run should not have left: unfinished films, and directories in the spool.
    func leftovers() throws -> [String] {
        let files = FileManager.default
        return try files.contentsOfDirectory(atPath: folder.url.path).filter { $0.hasSuffix(".part") }
            + files.contentsOfDirectory(atPath: state + "/spool")
    }

    private static func expectGone(_ processes: [Int32]) async throws {
        for _ in 0..<1000 where processes.contains(where: CoordinatorProcess.isRunning) {
            try await Task.sleep(for: .milliseconds(10))
        }
        let left = processes.filter(CoordinatorProcess.isRunning)
        #expect(left.isEmpty, "\(left) still run")
    }
}
