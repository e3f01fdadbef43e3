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
        let undisturbed = try TemporaryFolder()
        try await upscale(film, to: undisturbed.path("out.mkv"), in: undisturbed, Self.settings)

        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        let arguments = ["run", film, "-o", output, "--state", folder.path("state"), "--json"] + Self.settings
        let ended = try await Gate.shared.pass {
            let process = try CoordinatorProcess(arguments)
            try #require(await process.reaches { ($0.segments?.accepted ?? 0) >= 2 }, "\(process.errorText)")
            try kill(victim, of: process)
            return await process.wait()
        }
        if victim == .everything {
            #expect(ended.bySignal && ended.status == SIGKILL)
            let left = try await Self.acceptedAttempts(folder.path("state"))
            #expect(
                left.contains { $0 != nil } && left.contains { $0 == nil }, "the kill must come in the middle: \(left)")
            #expect(!FileManager.default.fileExists(atPath: output))
            let again = try await coordinator(arguments)
            try #require(again.status == 0, "\(again)")
            let now = try await Self.acceptedAttempts(folder.path("state"))
            for (index, attempt) in left.enumerated() where attempt != nil {
                #expect(attempt == 1 && now[index] == 1, "an accepted segment was done again")
            }
        } else {
            try #require(ended.status == 0 && !ended.bySignal, "\(ended)")
            let attempts = try await Self.acceptedAttempts(folder.path("state"))
            #expect(attempts.contains(1))
            #expect(attempts.allSatisfy { $0 != nil })
        }
        #expect(try await referenceFrames(output) == referenceFrames(undisturbed.path("out.mkv")))
    }

    private func kill(_ victim: Victim, of process: CoordinatorProcess) throws {
        let victims =
            switch victim {
            case .worker: process.workers
            case .engine: process.engines
            case .everything: [process.processID] + process.workers + process.engines
            }
        try #require(!victims.isEmpty, "nobody to kill")
        let segments = try #require(process.segments)
        #expect(segments.accepted < segments.total, "the kill came too late to mean anything")
        for victim in victims { #expect(Foundation.kill(victim, SIGKILL) == 0) }
    }

    /// The number of the accepted attempt of each segment of the only job; nil where none is accepted.
    private static func acceptedAttempts(_ state: String) async throws -> [Int?] {
        let store = try await QueueStore(path: state + "/queue.sqlite")
        defer { try? store.close() }
        let job = try #require(try await store.jobs().first)
        return job.plan.segments.map { $0.result?.attempt.number }
    }

    private static func film() async throws -> String {
        try await Fixtures.shared.file("kill.mkv") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24,noise=alls=12:allf=t:all_seed=3,format=yuv420p",
                "-frames:v", "120", "-c:v", "libx264", "-preset", "veryfast", "-g", "24", path,
            ])
        }
    }
}
