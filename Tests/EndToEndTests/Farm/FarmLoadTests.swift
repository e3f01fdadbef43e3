import Foundation
import TestSupport
import Testing

/// The load of `make bench-farm`, small: light workers bring a film home, and all that they were told is so.
@Suite struct FarmLoadTests {
    private static let frames = 400

    @Test func lightWorkersMakeAFilm() async throws {
        let film = try await Fixtures.shared.file("flat.mkv") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "color=c=gray:size=16x16:rate=100,format=yuv420p", "-frames:v", "\(Self.frames)",
                "-c:v", "ffv1", "-g", "1", path,
            ])
        }
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            try await farm.serve()
            let id = try await farm.submit(
                film,
                [
                    "--segment-frames", "1", "--model", "nearest", "--scale", "1", "--codec", "ffv1", "--tile", "0",
                    "--batch", "1", "--precision", "fp32",
                ])
            let key = try await farm.key("worker", "load")
            let load = try CoordinatorProcess(
                ["--key", key, "--workers", "20", "--processes", "2", "--json"], program: "farm-load")
            defer { load.signal(SIGKILL) }
            try await farm.waits(for: id, "done") { ["done", "failed"].contains($0["state"] as? String) }
            load.signal(SIGTERM)
            let ended = await load.wait()
            try #require(ended.status == 0, "\(ended)")
            let total = try #require(ended.events.last { $0["event"] as? String == "total" }, "\(ended)")
            let history = try await farm.history(id)
            let accepted = history.filter { $0.kind == "accepted" }.compactMap(\.segment)
            #expect(accepted.count == Self.frames && Set(accepted).count == Self.frames)
            #expect(total["accepted"] as? Int == Self.frames, "\(total)")
            let output = farm.folder.path("out.mkv")
            let fetched = try await farm.ask(["fetch", id, "-o", output])
            try #require(fetched.status == 0, "\(fetched)")
            #expect(try await referenceFrames(output).count == Self.frames)
        }
    }
}
