import Foundation
import TestSupport
import Testing

/// P7: memory does not grow with the film's length; and a job of some hundred segments comes to its end.
@Suite(.serialized) struct MemoryTests {
    @Test func aFilmTwentyTimesAsLongTakesNoMoreMemory() async throws {
        let short = try await peaks(frames: 500)
        let long = try await peaks(frames: 10000)
        for (name, peak) in long {
            let growth = peak - (short[name] ?? 0)
            #expect(growth <= 16 << 10, "\(name) grew by \(growth) KiB")
        }
        #expect(short.keys.contains("coordinator") && short.keys.contains("engine"))
    }

    /// Peak resident memory in KiB, by process.
    private func peaks(frames: Int) async throws -> [String: Int] {
        let film = try await Fixtures.shared.file("long-\(frames).mkv") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=24,format=yuv420p", "-frames:v", "\(frames)", "-c:v",
                "libx264",
                "-preset", "ultrafast", "-g", "48", path,
            ])
        }
        let folder = try TemporaryFolder()
        return try await Gate.shared.pass {
            let process = try CoordinatorProcess(
                [
                    "run", film, "-o", folder.path("out.mkv"), "--state", folder.path("state"), "--json", "--scale",
                    "1",
                    "--segment-frames", "30",
                ] + exact)
            let peaks = await Self.watch(process)
            let ended = await process.wait()
            try #require(ended.status == 0, "\(ended)")
            return peaks
        }
    }

    /// The kernel's own high-water marks, read until the processes are gone.
    private static func watch(_ process: CoordinatorProcess) async -> [String: Int] {
        var peaks: [String: Int] = [:]
        _ = await process.reaches { running in
            let all = [("coordinator", [running.processID]), ("worker", running.workers), ("engine", running.engines)]
            for (name, ids) in all {
                for id in ids { peaks[name] = max(peaks[name] ?? 0, CoordinatorProcess.peakMemory(of: id)) }
            }
            return false
        }
        return peaks
    }
}
