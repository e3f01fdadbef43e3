import FarmModel
import Foundation
import Logging
import Processes
import TestSupport
import Testing

@testable import WorkerCore

/// The supervisor with a scripted engine: a real process that dies when it is told to.
@Suite struct EngineSupervisorTests {
    /// Dies of the segments listed in `fatal`; finishes the others once two are inside, or a moment after the last order.
    private func supervisor(fatal: [Int], _ folder: TemporaryFolder) throws -> EngineSupervisor {
        let script = folder.path("engine.py")
        try """
        import json, os, select, sys
        fatal = \(fatal)
        print(json.dumps({"ready": {"_0": {"device": "cpu", "deviceModel": "script", "versions": {"libtorch": "none"}, "memory": 0, "encoders": []}}}), flush=True)
        inside = []
        def finish():
            attempt = inside.pop(0)["task"]["attempt"]
            result = {"attempt": attempt, "output": {"id": "x", "size": 0, "sha256": ""}, "frames": 1, "missing": [],
                      "stages": {k: {"busy": 0, "starved": 0, "blocked": 0} for k in ("decode", "inference", "encode")}}
            print(json.dumps({"finished": {"_0": result}}), flush=True)
        buffer = b""
        while True:
            ready, _, _ = select.select([0], [], [], 0.1)
            if ready:
                data = os.read(0, 65536)
                if not data: break
                buffer += data
                while b"\\n" in buffer:
                    line, buffer = buffer.split(b"\\n", 1)
                    inside.append(json.loads(line)["segment"]["_0"])
            elif inside:
                if any(o["task"]["attempt"]["segment"]["index"] in fatal for o in inside): os.kill(os.getpid(), 9)
                finish()
        """.write(toFile: script, atomically: true, encoding: .utf8)
        return EngineSupervisor(
            launch: Launch(executable: "/usr/bin/python3", arguments: [script]), logger: Logger(label: "test"))
    }

    private func outcomes(_ supervisor: EngineSupervisor, _ indexes: [Int]) async -> [Int: Result<
        SegmentResult, any Error
    >] {
        await withTaskGroup(of: (Int, Result<SegmentResult, any Error>).self) { group in
            for index in indexes {
                group.addTask {
                    do { return (index, .success(try await supervisor.run(StandIn.order(index)))) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    @Test(.timeLimit(.minutes(5))) func onlyTheSegmentThatKillsTheEngineIsBlamed() async throws {
        let folder = try TemporaryFolder()
        let supervisor = try supervisor(fatal: [1], folder)
        _ = try await supervisor.start()
        let outcomes = await outcomes(supervisor, [0, 1, 2, 3])
        for index in [0, 2, 3] { #expect(throws: Never.self, "segment \(index)") { try outcomes[index]?.get() } }
        let error = #expect(throws: EngineFailure.self) { try outcomes[1]?.get() }
        #expect(error?.crashed == true)
        #expect(error?.reason.contains("signal 9") == true)
        await supervisor.stop()
    }

    @Test(.timeLimit(.minutes(5))) func anEngineThatDoesNotStartIsGivenUp() async throws {
        let supervisor = EngineSupervisor(
            launch: Launch(executable: "/usr/bin/false", arguments: []), logger: Logger(label: "test"))
        await #expect(throws: EngineFailure.self) { try await supervisor.start() }
    }

    // MARK: Hanging and dying

    /// A supervisor of the engine that `change` describes; `watch` looks after it as a session's heart does.
    private func scripted(
        stallLimit: Double = 600, _ change: (inout StandInEngine) -> Void
    ) async throws -> (supervisor: EngineSupervisor, engine: StandInEngine, watch: Task<Void, Never>) {
        var engine = StandInEngine(folder: try TemporaryFolder())
        change(&engine)
        let finished = engine
        let supervisor = EngineSupervisor(launch: try engine.write(), logger: Logger(label: "test"))
        let watch = Task {
            while !Task.isCancelled {
                await supervisor.killIfStuck(after: stallLimit)
                try? await Task.sleep(for: .milliseconds(50))
            }
            withExtendedLifetime(finished) {}  // its folder
        }
        _ = try await supervisor.start()
        return (supervisor, engine, watch)
    }

    @Test(.timeLimit(.minutes(5))) func aCrashCarriesTheEnginesLastLines() async throws {
        let (supervisor, _, watch) = try await scripted {
            $0.crashing = [1]
            $0.says = ["CUDA error: an illegal memory access was encountered"] + (0..<40).map { "frame \($0)" }
        }
        _ = try await supervisor.run(StandIn.order(0))
        let error = await #expect(throws: EngineFailure.self) { try await supervisor.run(StandIn.order(1)) }
        #expect(error?.crashed == true && error?.reason == "the engine was killed by signal 6 (Aborted)")
        #expect(error?.log == (10..<40).map { "frame \($0)" })
        watch.cancel()
        await supervisor.stop()
    }

    /// An engine that says that its device is lost is followed by another, which may have it again; the failure says why.
    @Test(.timeLimit(.minutes(5))) func anEngineThatLosesItsDeviceIsFollowedByAnother() async throws {
        let (supervisor, engine, watch) = try await scripted { $0.losing = [1] }
        _ = try await supervisor.run(StandIn.order(0))
        let error = await #expect(throws: EngineFailure.self) { try await supervisor.run(StandIn.order(1)) }
        #expect(error?.crashed == true && error?.reason == "cuda:0 works no more: unspecified launch failure")
        _ = try await supervisor.run(StandIn.order(2))
        #expect(engine.starts.count == 2)
        watch.cancel()
        await supervisor.stop()
    }

    @Test(.timeLimit(.minutes(5))) func theLogOfAFailureIsAboutItsAttempt() async throws {
        let (supervisor, _, watch) = try await scripted {
            $0.failing = [1]
            $0.says = ["opening"]
        }
        _ = try await supervisor.run(StandIn.order(0))
        let error = await #expect(throws: EngineFailure.self) { try await supervisor.run(StandIn.order(1)) }
        #expect(error?.crashed == false)
        #expect(error?.log == ["attempt test/1#1 begins", "opening", "attempt test/1#1 ends"])
        watch.cancel()
        await supervisor.stop()
    }

    @Test(.timeLimit(.minutes(5))) func anEngineThatFallsSilentIsKilledAndTheNextSegmentRuns() async throws {
        let (supervisor, engine, watch) = try await scripted(stallLimit: 25) { $0.hanging = [0] }
        let error = await #expect(throws: EngineFailure.self) { try await supervisor.run(StandIn.order(0)) }
        #expect(error?.crashed == true && error?.reason.contains("signal 9") == true)
        _ = try await supervisor.run(StandIn.order(1))
        #expect(engine.starts.count == 2)
        watch.cancel()
        await supervisor.stop()
    }

    @Test(.timeLimit(.minutes(5))) func ofTwoInsideAHangingEngineOneIsBlamed() async throws {
        let (supervisor, _, watch) = try await scripted(stallLimit: 25) { $0.hanging = [0] }
        let outcomes = await outcomes(supervisor, [0, 1])
        #expect(throws: EngineFailure.self) { try outcomes[0]?.get() }
        #expect(throws: Never.self) { try outcomes[1]?.get() }
        watch.cancel()
        await supervisor.stop()
    }

    @Test(.timeLimit(.minutes(5))) func anEngineThatDiesWhenItStartsIsStartedAgain() async throws {
        let (supervisor, engine, watch) = try await scripted { $0.deaths = EngineSupervisor.uselessLimit - 1 }
        _ = try await supervisor.run(StandIn.order(0))
        #expect(engine.starts.count == EngineSupervisor.uselessLimit)
        watch.cancel()
        await supervisor.stop()
    }

    @Test(.timeLimit(.minutes(5))) func enginesThatKeepDyingAreGivenUp() async throws {
        let (supervisor, engine, watch) = try await scripted { _ in }
        _ = try await supervisor.run(StandIn.order(0))
        // Idle engines that die again and again: nothing of a segment's making.
        for count in 1...EngineSupervisor.uselessLimit {
            try await eventually("engine \(count)") { engine.starts.count == count }
            try await eventually("its first words") { await supervisor.slot != nil }
            kill(try #require(engine.starts.last), SIGKILL)
            try await eventually("its end") { await supervisor.slot == nil }
        }
        try await eventually("the end") { await supervisor.ended != nil }
        let error = await #expect(throws: EngineFailure.self) { try await supervisor.run(StandIn.order(1)) }
        #expect(error?.isDeviceUnusable == true && error?.reason.contains("does not stay up") == true)
        watch.cancel()
    }

    @Test(.timeLimit(.minutes(5))) func aSegmentOfACancelledTaskDoesNotRun() async throws {
        let (supervisor, engine, watch) = try await scripted { $0.hanging = [0] }
        let task = Task {
            try? await Task.sleep(for: .seconds(600))  // until it is cancelled
            return try await supervisor.run(StandIn.order(0))
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        _ = try await supervisor.run(StandIn.order(1))
        #expect(engine.given == [1])
        watch.cancel()
        await supervisor.stop()
    }

    @Test(.timeLimit(.minutes(5))) func aCancelledSegmentIsNotTriedAgainAfterACrash() async throws {
        let (supervisor, engine, watch) = try await scripted(stallLimit: 25) {
            $0.hanging = [0]
            $0.deaf = true
        }
        let cancelled = Task { try await supervisor.run(StandIn.order(0)) }
        try await eventually("segment 0 inside") { engine.given == [0] }
        let other = Task { try await supervisor.run(StandIn.order(1)) }
        try await eventually("segment 1 inside") { engine.given == [0, 1] }
        cancelled.cancel()
        await #expect(throws: EngineFailure.self) { try await cancelled.value }
        _ = try await other.value
        #expect(engine.given == [0, 1, 1])
        watch.cancel()
        await supervisor.stop()
    }
}
