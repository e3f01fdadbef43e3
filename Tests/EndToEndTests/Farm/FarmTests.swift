import Foundation
import TestSupport
import Testing

/// A farm from the outside: what its users type, and what they get.
@Suite struct FarmTests {
    /// Lossless and pinned, so that a farm's film can be held against that of `run`.
    static let settings = KillTests.settings

    @Test func aFilmOfAFarmIsThatOfARun() async throws {
        let film = try await KillTests.film()
        let alone = try await Self.undisturbed()
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            try await farm.serve()
            let anna = try await farm.key("client", "anna")
            // Two engines, and one.
            try await farm.work("box-1", ["--engines", "2", "--device", "cpu"])
            try await farm.work("box-2")
            try await farm.waitsForWorker("box-1") { ($0["slots"] as? [Any])?.count == 2 }
            try await farm.waitsForWorker("box-2") { ($0["slots"] as? [Any])?.count == 1 }
            let output = farm.folder.path("out.mkv")
            let ended = try await farm.ask(
                ["submit", film, "--wait", "-o", output, "--json"] + Self.settings, key: anna)
            try #require(ended.status == 0, "\(ended)")
            #expect(try await referenceFrames(output) == referenceFrames(alone))
            #expect(try await Judge.payload(output, "v:0") == Judge.payload(alone, "v:0"))
            let done = try #require(ended.events.last)
            #expect(done["event"] as? String == "done" && done["frames"] as? Int == 120, "\(done)")

            // Again by hand: the same job's film, brought a second time.
            let id = try #require(done["job"] as? String)
            let again = farm.folder.path("again.mkv")
            let fetched = try await farm.ask(["fetch", id, "-o", again], key: anna)
            #expect(fetched.status == 0, "\(fetched)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == Data(contentsOf: URL(fileURLWithPath: output)))

            // Both worked, and each segment was leased once.
            let workers = try await farm.workers()
            #expect(Set(workers.compactMap { $0["name"] as? String }) == ["box-1", "box-2"])
            #expect(workers.allSatisfy { ($0["segmentsDone"] as? Int ?? 0) > 0 }, "\(workers)")
            let removed = try await farm.ask(["remove", id], key: anna)
            #expect(removed.status == 0, "\(removed)")
            #expect(try await farm.ask(["show", id], key: anna).status == 2)
            for left in ["spool", "films", "uploads"] {
                #expect(try FileManager.default.contentsOfDirectory(atPath: farm.state + "/" + left).isEmpty, "\(left)")
            }
        }
    }

    /// The coordinator stops and comes back; the workers go on meanwhile, and what they held counts.
    @Test(arguments: [SIGTERM, SIGKILL]) func theCoordinatorComesBack(signal: Int32) async throws {
        let film = try await KillTests.film()
        let alone = try await Self.undisturbed()
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            let first = try await farm.serve()
            try await farm.work("box-1")
            let id = try await farm.submit(film, Self.settings)
            try await farm.waits(for: id, "half done") { Self.accepted($0) >= 3 }
            first.signal(signal)
            let ended = await first.wait()
            #expect(signal == SIGKILL ? ended.bySignal : ended.status == 0, "\(ended)")
            try await farm.serve()
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }

            let output = farm.folder.path("out.mkv")
            let fetched = try await farm.ask(["fetch", id, "-o", output])
            try #require(fetched.status == 0, "\(fetched)")
            #expect(try await referenceFrames(output) == referenceFrames(alone))
            let history = try await farm.history(id)
            let accepted = history.filter { $0.kind == "accepted" }.compactMap(\.segment)
            #expect(accepted.count == 24 && Set(accepted).count == 24, "\(history)")
            // What the worker held when the coordinator went was adopted: a second time is leased only what had not yet
            // reached it, leased in the moment that the coordinator went.
            let lost = history.indices.filter { history[$0].kind == "ended" }
            #expect(history.count { $0.kind == "leased" } == 24 + lost.count, "\(history)")
            for index in lost {
                let since = history[..<index].reversed().prefix { $0.kind == "leased" || $0.kind == "ended" }
                let wasJustLeased = since.contains { $0.segment == history[index].segment && $0.kind == "leased" }
                #expect(wasJustLeased, "\(history)")
            }
        }
    }

    @Test func jobsObeyTheirOwners() async throws {
        let film = try await KillTests.film()
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            try await farm.serve()
            let anna = try await farm.key("client", "anna")
            let other = try await farm.key("client", "bob")
            let id = try await farm.submit(film, Self.settings + ["--priority", "5"], key: anna)
            try await farm.waits(for: id, "waiting for a worker") { job in
                (job["waits"] as? [String])?.contains { $0.contains("worker") } == true
            }
            for command in ["pause", "cancel", "remove"] {
                let refused = try await farm.ask([command, id], key: other)
                #expect(refused.status == 4 && refused.error.contains("anna"), "\(command): \(refused)")
            }
            #expect(try await farm.ask(["drain", "box-1"], key: anna).status == 4)

            #expect(try await farm.ask(["pause", id], key: anna).status == 0)
            #expect(try await farm.job(id)["state"] as? String == "paused")
            try await farm.work("box-1")
            try await farm.waitsForWorker("box-1") { $0["state"] as? String == "idle" }
            #expect(Self.accepted(try await farm.job(id)) == 0)
            #expect(try await farm.ask(["priority", id, "7"], key: anna).status == 0)
            #expect(try await farm.job(id)["priority"] as? Int == 7)
            #expect(try await farm.ask(["drain", "box-1"]).status == 0)
            #expect(try await farm.ask(["resume", id], key: anna).status == 0)
            try await farm.waits(for: id, "waiting for a drained worker") { job in
                (job["waits"] as? [String])?.contains { $0.contains("drained") } == true
            }
            #expect(try await farm.ask(["undrain", "box-1"]).status == 0)
            try await farm.waits(for: id, "under way") { Self.accepted($0) >= 2 }
            #expect(try await farm.ask(["cancel", id], key: anna).status == 0)
            #expect(try await farm.job(id)["state"] as? String == "cancelled")
            #expect(try await farm.ask(["retry", id], key: anna).status == 0)
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }
            let history = try await farm.history(id).filter { $0.kind == "accepted" }
            #expect(history.count == 24, "what was accepted before it was cancelled was done again")
        }
    }

    static func accepted(_ job: [String: Any]) -> Int {
        (job["segments"] as? [String: Any])?["accepted"] as? Int ?? 0
    }

    static func undisturbed() async throws -> String {
        let film = try await KillTests.film()
        return try await Fixtures.shared.file("undisturbed.mkv") { path in
            try await upscale(film, to: path, in: try TemporaryFolder(), settings)
        }
    }
}
