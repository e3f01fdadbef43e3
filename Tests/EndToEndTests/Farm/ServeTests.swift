import Foundation
import Synchronization
import TestSupport
import Testing

/// What else `serve` and `submit` promise.
@Suite struct ServeTests {
    @Test func aFolderAPathAndAHook() async throws {
        let film = try await Fixtures.shared.film(.x264Closed)
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            let log = farm.folder.path("hook.log")
            let hook =
                "echo \"$UPSCALE_FARM_JOB $UPSCALE_FARM_STATE $UPSCALE_FARM_FILM $UPSCALE_FARM_OUTPUT\" >> \(log)"
            try await farm.serve(["--exec-after", hook, "--root", farm.folder.path("films")], roots: ["films"])
            let films = farm.folder.path("films")
            for name in ["a.mkv", "b.mkv"] {
                try FileManager.default.copyItem(atPath: film, toPath: films + "/" + name)
            }
            try Data("no film\n".utf8).write(to: URL(fileURLWithPath: films + "/c.mkv"))
            try Data("text\n".utf8).write(to: URL(fileURLWithPath: films + "/notes.txt"))
            try await farm.work("box-1")
            let settings = exact + ["--height", "90"]

            // A folder: each film a job, brought back beside it; the one that is none says so.
            let ended = try await farm.ask(["submit", films, "--wait", "--json"] + settings)
            #expect(ended.status == 3 && ended.error.contains("c.mkv") && !ended.error.contains("uploads"), "\(ended)")
            let jobs = ended.events.filter { $0["event"] as? String == "submitted" }
            #expect(jobs.count == 2, "what is no film is not even uploaded: \(ended)")
            for wrong in [["--model", "none"], ["--encoder-params", "frame-threads=2"], ["--height", "1030"]] {
                let refused = try await farm.ask(["submit", films + "/a.mkv"] + settings + wrong)
                #expect(refused.status == 2 && refused.error.contains(wrong[1].prefix(4)), "\(refused)")
            }
            for name in ["a", "b"] {
                #expect(try await referenceFrames("\(films)/\(name).upscaled.mkv").count == FilmKind.frames)
            }

            // A path at the coordinator: nothing is uploaded, and the result is put there.
            let id = try await farm.submit(
                films + "/a.mkv",
                ["--on-coordinator", "-o", films + "/there.mp4"] + settings + [
                    "--codec", "h264", "--pixel-format", "yuv420p",
                ])
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }
            #expect(try await referenceFrames(films + "/there.mp4").count == FilmKind.frames)
            let shown = try await farm.json(["show", id]) as? [String: Any]
            #expect((shown?["recipe"] as? String)?.hasPrefix("96x64 to 136x90 by nearest x2 and resampling") == true)
            #expect(try await Judge.stream(films + "/there.mp4", "v:0", "height") == "90")
            let again = try await farm.ask(
                ["submit", films + "/a.mkv", "--on-coordinator", "-o", films + "/there.mp4"] + settings)
            #expect(again.status == 3 && again.error.contains("--overwrite"), "\(again)")

            // What the coordinator alone can look at becomes a job that says why it failed.
            let bad = try await farm.submit(films + "/c.mkv", ["--on-coordinator"] + settings)
            try await farm.waits(for: bad, "failed") { $0["state"] as? String == "failed" }
            let said = { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
            for _ in 0..<100 where !said().contains(id) || !said().contains(bad) {
                try await Task.sleep(for: .milliseconds(100))
            }
            let lines = said()
            #expect(lines.contains("\(bad) failed "), "\(lines)")
            #expect(lines.contains("\(id) done ") && lines.contains("there.mp4"), "\(lines)")

            let all = try #require(try await farm.json(["queue", "--all"]) as? [[String: Any]])
            let unfinished = try await farm.json(["queue"]) as? [[String: Any]]
            #expect(all.count == 4 && unfinished?.count == 1)
            for job in all.compactMap({ $0["id"] as? String }) {
                #expect(try await farm.ask(["remove", job]).status == 0)
            }
            let left = try await farm.json(["queue", "--all"]) as? [[String: Any]]
            #expect(left?.isEmpty == true)
            #expect(
                FileManager.default.fileExists(atPath: films + "/there.mp4"), "a film that has a path is its user's")
        }
    }

    @Test func submittingPrintsTheIdAlone() async throws {
        let film = try await Fixtures.shared.film(.x264Closed)
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            try await farm.serve()
            let ended = try await farm.ask(["submit", film, "--scale", "1"] + exact)
            let id = ended.output.trimmingCharacters(in: .newlines)
            #expect(ended.status == 0 && ended.output == id + "\n", "\(ended)")
            #expect(ended.error.contains("\(id)  \(film)"), "\(ended)")
            #expect(try await farm.job(id)["id"] as? String == id)
        }
    }

    /// What is asked of one job at once is done one after the other, and the coordinator goes on.
    @Test func manyActionsAtOnce() async throws {
        let film = try await Fixtures.shared.film(.x264Closed)
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            try await farm.serve()
            for _ in 0..<3 {
                let id = try await farm.submit(film, exact + ["--scale", "1"])
                try await farm.waits(for: id, "read") { $0["state"] as? String != "preparing" }
                #expect(try await farm.ask(["cancel", id]).status == 0)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for action in ["retry", "remove", "retry", "cancel", "remove", "pause"] {
                        group.addTask {
                            let ended = try await farm.ask([action, id])
                            #expect([0, 2].contains(ended.status) && !ended.bySignal, "\(action): \(ended)")
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await farm.ask(["queue"]).status == 0)
        }
    }

    /// A disk that is not mounted yet when the coordinator starts costs no job.
    @Test func aFilmThatIsNotThereYet() async throws {
        let film = try await Fixtures.shared.film(.x264Closed)
        try await Gate.shared.pass {
            let farm = try FarmUnderTest()
            let roots = ["--root", farm.folder.path("films")]
            var coordinator = try await farm.serve(roots, roots: ["films"])
            let (path, aside) = (farm.folder.path("films/a.mkv"), farm.folder.path("aside.mkv"))
            try FileManager.default.copyItem(atPath: film, toPath: path)
            let id = try await farm.submit(path, ["--on-coordinator", "--scale", "1"] + exact)
            try await farm.waits(for: id, "read") { $0["state"] as? String == "running" }
            coordinator.signal(SIGTERM)
            _ = await coordinator.wait()
            try FileManager.default.moveItem(atPath: path, toPath: aside)
            coordinator = try await farm.serve(roots)
            let listed = try #require(try await farm.json(["queue"]) as? [[String: Any]])
            #expect(
                listed.count == 1 && (listed[0]["waits"] as? [String])?.first?.contains("a.mkv") == true, "\(listed)")
            #expect(try await farm.ask(["pause", id]).status == 2)
            try FileManager.default.moveItem(atPath: aside, toPath: path)
            try await farm.work("box-1")
            try await farm.waits(for: id, "done") { $0["state"] as? String == "done" }
        }
    }

    /// Who looks on is told nothing that is not so, and is let go whenever he likes.
    @Test func whoeverWatchesMayLeave() async throws {
        let farm = try FarmUnderTest()
        let coordinator = try await farm.serve()
        let watch = try CoordinatorProcess(["watch", "--json", "--state", farm.state])
        try #require(await watch.reaches { !$0.outputText.isEmpty }, "\(watch.errorText)")
        // A coordinator that hangs: no word that the key was revoked, and Ctrl-C works.
        coordinator.signal(SIGSTOP)
        try await Task.sleep(for: .seconds(1))
        watch.signal(SIGINT)
        let ended = await watch.wait()
        #expect(!ended.bySignal && ended.error.isEmpty, "\(ended)")
        let asked = try await farm.ask(["queue"])
        #expect(asked.status == 4 && !asked.error.contains("does not admit"), "\(asked)")
        coordinator.signal(SIGCONT)
        #expect(try await farm.ask(["queue"]).status == 0)
        coordinator.signal(SIGTERM)
        _ = await coordinator.wait()
    }

    /// Wrong words are one line each, and the exit status that README promises.
    @Test(arguments: wrong) func wrongWords(_ line: String) async throws {
        let parts = line.components(separatedBy: " → ")
        let words = parts[0].split(separator: " ").map(String.init)
        let status = Int32(parts[1])
        let farm = try await Self.idleFarm.farm()
        let ended = try await farm.ask(words)
        #expect(ended.status == status && !ended.bySignal, "\(words): \(ended)")
        #expect(
            ended.error.split(separator: "\n").count == 1 && ended.error.hasPrefix("coordinator: "), "\(ended.error)")
    }

    private static let wrong = """
        submit none.mkv → 3
        submit film.mkv -o x.mkv → 2
        submit film.mkv --crf 99 → 2
        submit film.mkv --priority 5000 → 2
        submit film.mkv --container avi → 2
        show zzzzz → 2
        show → 2
        fetch zzzzz → 2
        pause zzzzz → 2
        priority zzzzz x → 2
        drain nobody → 2
        logs zzzzz → 2
        watch --interval 0 → 2
        queue --key /nonexistent.key → 3
        keys new --role king --name x → 2
        keys new --role client --name ../x → 2
        keys revoke nobody → 2
        serve --bind udp://x:1 → 3
        serve --root /nonexistent → 2
        serve --log-level loud → 2
        """.split(separator: "\n").map(String.init)

    /// Nobody listens: one line, within the patience of a person.
    @Test func aCoordinatorThatIsNotThere() async throws {
        let farm = try FarmUnderTest()
        let key = try await farm.key("client", "anna")
        let ended = try await farm.ask(["queue"], key: key)
        #expect(ended.status == 4 && ended.error.contains(farm.control), "\(ended)")
        #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
    }

    /// What cannot be listened on leaves the keys as they were.
    @Test func endpointsThatCannotBe() async throws {
        let folder = try TemporaryFolder()
        for endpoint in ["udp://x:1", "tcp://127.0.0.1:99999", "tcp://192.0.2.1:5555", "ipc://relative"] {
            let process = try CoordinatorProcess(["serve", "--bind", endpoint, "--state", folder.path("state")])
            let ended = await process.wait()
            // An address of another machine could be right there.
            let status: Int32 = endpoint.contains("192.0.2.1") ? 4 : 2
            #expect(ended.status == status && ended.error.contains(endpoint), "\(ended)")
            #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
            #expect(!FileManager.default.fileExists(atPath: folder.path("state/keys/local.key")))
        }
    }

    private static let idleFarm = IdleFarm()
    private static let idle = Mutex<Int32?>(nil)

    /// One coordinator for all that is refused.
    private actor IdleFarm {
        private var made: Task<FarmUnderTest, any Error>?

        func farm() async throws -> FarmUnderTest {
            if let made { return try await made.value }
            let task = Task {
                let farm = try FarmUnderTest()
                let served = try await farm.serve().processID
                // Nothing lets go of what is static: its coordinator would outlive the tests.
                ServeTests.idle.withLock { $0 = served }
                atexit { ServeTests.idle.withLock { if let served = $0 { kill(served, SIGKILL) } } }
                return farm
            }
            made = task
            return try await task.value
        }
    }
}
