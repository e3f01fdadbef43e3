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
        print(json.dumps({"ready": {"_0": {"device": "cpu", "deviceModel": "script", "libtorch": "none", "memory": 0, "encoders": []}}}), flush=True)
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
}
