import Foundation
import TestSupport
import Testing

/// P8: only those let in, each only as far as its role goes; and nobody else does any harm.
@Suite struct StrangerTests {
    @Test func nobodyGetsInWithoutAKeyOrBeyondHisRole() async throws {
        let film = try await KillTests.film()
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            let process = try await farm.serve(["--root", farm.folder.path("allowed")], roots: ["allowed"])
            let anna = try await farm.key("client", "anna")
            let box = try await farm.key("worker", "box-1")
            let id = try await farm.submit(film, FarmTests.settings, key: anna)

            // A worker's key is no client's, a client's no worker's, and no operator's either.
            for command in [["cancel", id], ["queue"], ["submit", film], ["fetch", id], ["drain", "box-1"]] {
                let refused = try await farm.ask(command, key: box)
                #expect(refused.status == 4 && refused.error.contains("box-1"), "\(command): \(refused)")
                #expect(refused.error.split(separator: "\n").count == 1, "\(refused.error)")
            }
            #expect(try await farm.ask(["drain", "box-1"], key: anna).status == 4)
            let impostor = try await farm.work("anna", key: anna)
            let turnedAway = await impostor.wait()
            #expect(turnedAway.status == 4 && turnedAway.error.contains("anna"), "\(turnedAway)")
            #expect(try await farm.job(id)["state"] as? String != "cancelled")

            // Another coordinator's key, for this one's address.
            let other = try FarmUnderTest(at: (farm.control, farm.bulk))
            let foreign = try await other.key("operator", "mallory")
            let denied = try await farm.ask(["queue"], key: foreign)
            #expect(denied.status == 4 && denied.output.isEmpty, "\(denied)")
            #expect(denied.error.split(separator: "\n").count == 1, "\(denied.error)")

            // No key at all.
            let bare = try await CoordinatorProcess([
                "queue", "--coordinator", farm.control, "--state", farm.folder.path("none"),
            ]).wait()
            #expect(bare.status == 4 && bare.error.contains("key"), "\(bare)")

            // Paths outside the roots.
            for path in [film, "/etc/passwd", farm.folder.path("allowed/../film.mkv"), "allowed/film.mkv"] {
                let refused = try await farm.ask(["submit", path, "--on-coordinator"], key: anna)
                #expect(refused.status == 3 && refused.error.contains("root"), "\(path): \(refused)")
            }
            #expect(CoordinatorProcess.isRunning(process.processID))
            #expect(try await farm.ask(["queue"], key: anna).status == 0)
        }
    }

    /// A key is revoked while its worker is at work, and while its client waits.
    @Test func aRevokedKeyIsSilencedAtOnce() async throws {
        let film = try await KillTests.film()
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            try await farm.serve()
            let anna = try await farm.key("client", "anna")
            let worker = try await farm.work("box-1")
            let id = try await farm.submit(film, FarmTests.settings, key: anna)
            try await farm.waits(for: id, "under way") { FarmTests.accepted($0) >= 2 }
            #expect(try await farm.ask(["keys", "revoke", "box-1", "anna"]).status == 0)
            let refused = try await farm.ask(["cancel", id], key: anna)
            #expect(refused.status == 4, "\(refused)")
            // What it held ends, and nothing of it is accepted any more.
            try await farm.waits(for: id, "waiting") { job in
                (job["segments"] as? [String: Any])?["leased"] as? Int == 0
            }
            let accepted = FarmTests.accepted(try await farm.job(id))
            try await Task.sleep(for: .seconds(3))
            #expect(FarmTests.accepted(try await farm.job(id)) == accepted)
            #expect(CoordinatorProcess.isRunning(worker.processID))  // it keeps trying, in case it is let in again
            try await farm.work("box-2")
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }
        }
    }

    /// Garbage on both ports, connections that say nothing, messages that never end: real clients are served meanwhile.
    @Test func aSiegeDoesNoHarm() async throws {
        let film = try await KillTests.film()
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            let coordinator = try await farm.serve()
            let before = try Self.resources(of: coordinator.processID)
            let siege = Siege(ports: [farm.controlPort, farm.bulkPort])
            siege.begin()
            try await farm.work("box-1")
            let id = try await farm.submit(film, FarmTests.settings)
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }
            #expect(siege.connections >= 500 && siege.bytes > 1 << 20, "\(siege.connections), \(siege.bytes)")
            let during = try Self.resources(of: coordinator.processID)
            #expect(during.memory < before.memory + (256 << 20), "\(before) \(during)")
            siege.end()
            var after = during
            for _ in 0..<300 {
                after = try Self.resources(of: coordinator.processID)
                if after.descriptors < before.descriptors + 50 { break }
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(after.descriptors < before.descriptors + 50, "\(before) \(after)")
        }
    }

    /// Resident bytes and open descriptors.
    static func resources(of process: Int32) throws -> (memory: Int, descriptors: Int) {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        let kibibytes = line.split(separator: " ").compactMap { Int($0) }.first ?? 0
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
        return (kibibytes << 10, descriptors)
    }
}
