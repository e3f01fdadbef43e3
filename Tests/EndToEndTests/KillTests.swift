import CoordinatorCore
import FarmModel
import Foundation
import TestSupport
import Testing

/// P6: any process may be killed at any moment; the job goes on from its accepted segments, and the film is the same.
@Suite(.serialized) struct KillTests {
    enum Victim: String, CaseIterable, Sendable {
        case worker, engine, everything
    }

    // Large enough that a run takes seconds: the kill must find some segments accepted and some not.
    static let settings = exact + ["--scale", "4", "--segment-frames", "5", "--codec", "ffv1"]

    @Test(arguments: Victim.allCases) func killed(victim: Victim) async throws {
        let film = try await Self.film()
        let undisturbed = try await Fixtures.shared.file("undisturbed.mkv") { path in
            try await upscale(film, to: path, in: try TemporaryFolder(), Self.settings)
        }

        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        let arguments = ["run", film, "-o", output, "--state", folder.path("state"), "--json"] + Self.settings
        let (left, ended) = try await Gate.shared.pass {
            let process = try CoordinatorProcess(arguments)
            try #require(await process.reaches { ($0.segments?.accepted ?? 0) >= 2 }, "\(process.errorText)")
            let accepted = try await kill(victim, of: process, state: folder.path("state"))
            return (accepted, await process.wait())
        }
        if victim == .everything {
            #expect(ended.bySignal && ended.status == SIGKILL)
            #expect(!FileManager.default.fileExists(atPath: output))
            let again = try await coordinator(arguments)
            try #require(again.status == 0, "\(again)")
        } else {
            try #require(ended.status == 0 && !ended.bySignal, "\(ended)")
        }
        try await Self.expectKept(left, in: folder.path("state"))
        #expect(try await referenceFrames(output) == referenceFrames(undisturbed))
    }

    /// What parses films runs in a child: its death is one line, and leaves nothing behind.
    @Test func killedWhileIndexing() async throws {
        let film = try await Self.slowToIndex()
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        let arguments =
            ["run", film, "-o", output, "--state", folder.path("state"), "--json", "--scale", "1"] + exact
        let ended = try await Gate.shared.pass {
            let process = try CoordinatorProcess(arguments)
            try #require(
                await process.reaches { $0.events.contains { $0["phase"] as? String == "indexing" } },
                "\(process.errorText)")
            let victim = try #require(process.filmTools.first, "nobody to kill: indexing is over")
            #expect(Foundation.kill(victim, SIGKILL) == 0)
            return await process.wait()
        }
        #expect(ended.status == 1 && !ended.bySignal, "\(ended)")
        #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
        #expect(ended.error.contains(film) && ended.error.contains("run again"), "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: output))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("state/spool")).isEmpty)

        let again = try await coordinator(arguments)
        try #require(again.status == 0, "\(again)")
        #expect(try await referenceFrames(output).count == referenceFrames(film).count)
    }

    /// Kills while the coordinator stands still, so that what it had accepted by then is known exactly.
    /// - Returns: the number of each segment's accepted attempt at that moment.
    private func kill(_ victim: Victim, of process: CoordinatorProcess, state: String) async throws -> [Int?] {
        process.signal(SIGSTOP)
        defer { process.signal(SIGCONT) }
        let accepted = try await Self.acceptedAttempts(state)
        #expect(accepted.contains(1) && accepted.contains(nil), "the kill must come in the middle: \(accepted)")
        let victims =
            switch victim {
            case .worker: process.workers
            case .engine: process.engines
            case .everything: [process.processID] + process.workers + process.engines
            }
        try #require(!victims.isEmpty, "nobody to kill")
        for victim in victims { #expect(Foundation.kill(victim, SIGKILL) == 0) }
        return accepted
    }

    /// Expects that all segments are done by now, and that those of `left` were not done again.
    static func expectKept(_ left: [Int?], in state: String) async throws {
        let now = try await acceptedAttempts(state)
        try #require(now.count == left.count)
        #expect(now.allSatisfy { $0 != nil })
        for (index, attempt) in left.enumerated() where attempt != nil {
            #expect(attempt == 1 && now[index] == 1, "segment \(index) was accepted and yet done again")
        }
    }

    /// The number of the accepted attempt of each segment of the only job; nil where none is accepted.
    static func acceptedAttempts(_ state: String) async throws -> [Int?] {
        let store = try await QueueStore(path: state + "/queue.sqlite")
        defer { try? store.close() }
        let jobs = try await store.jobs()
        try #require(jobs.count == 1)
        return jobs.first?.plan.segments.map { $0.result?.attempt.number } ?? []
    }

    static func film() async throws -> String {
        try await Fixtures.shared.file("kill.mkv") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=24,noise=alls=12:allf=t:all_seed=3,format=yuv420p",
                "-frames:v", "120", "-c:v", "libx264", "-preset", "veryfast", "-g", "24", path,
            ])
        }
    }

    /// No packet says when it is shown, so that indexing has to decode all of them.
    private static func slowToIndex() async throws -> String {
        try await Fixtures.shared.file("slow.avi") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=24,format=yuv420p", "-frames:v", "1500", "-c:v",
                "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "48", path,
            ])
        }
    }
}
