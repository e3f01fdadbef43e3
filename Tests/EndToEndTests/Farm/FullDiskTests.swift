import Foundation
import TestSupport
import Testing

/// A coordinator whose disk fills up: nothing fails, everything waits, and goes on when there is space.
@Suite(.enabled(if: SmallDisk.canMount, "mounting takes root's rights")) struct FullDiskTests {
    @Test func jobsWaitForSpace() async throws {
        let film = try await KillTests.film()
        let alone = try await FarmTests.undisturbed()
        try await Gate.shared.pass {
            let folder = try TemporaryFolder()
            let disk = try SmallDisk("state", in: folder, mebibytes: 256)
            let farm = try FarmUnderTest(in: folder)
            try await farm.serve(["--reserve", "32"])
            try await farm.work("box-1")
            let id = try await farm.submit(film, FarmTests.settings)
            try await farm.waits(for: id, "under way") { FarmTests.accepted($0) >= 2 }
            let filler = disk.path + "/filler"
            try await Self.fill(filler)
            try await farm.waits(for: id, "waiting for space") { job in
                (job["waits"] as? [String])?.contains { $0.contains("disk") && $0.contains("full") } == true
            }
            #expect(try await farm.job(id)["state"] as? String != "failed")
            let refused = try await farm.ask(["submit", alone] + FarmTests.settings)
            #expect(refused.status == 3 && refused.error.contains("room"), "\(refused)")
            try FileManager.default.removeItem(atPath: filler)
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }
            let output = farm.folder.path("out.mkv")
            let fetched = try await farm.ask(["fetch", id, "-o", output])
            try #require(fetched.status == 0, "\(fetched)")
            #expect(try await referenceFrames(output) == referenceFrames(alone))
            let accepted = try await farm.history(id).filter { $0.kind == "accepted" }.compactMap(\.segment)
            #expect(accepted.count == 24 && Set(accepted).count == 24)
        }
    }

    /// Takes all the space there is.
    private static func fill(_ path: String) async throws {
        try await run("sh", ["-c", "dd if=/dev/zero of=\"$1\" bs=1M 2>/dev/null; true", "sh", path])
    }
}
