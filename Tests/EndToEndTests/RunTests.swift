import CoordinatorCore
import Foundation
import TestSupport
import Testing

/// What `run` and `probe` promise on the command line.
@Suite struct RunTests {
    private let folder: TemporaryFolder
    private var state: String { folder.path("state") }

    init() throws { folder = try TemporaryFolder() }

    @Test func aBadFilmDoesNotKeepTheOthersFromComingOut() async throws {
        let films = try await [copy(to: "first.mkv"), folder.path("bad.mkv"), copy(to: "last.mkv")]
        try Data("this is no film\n".utf8).write(to: URL(fileURLWithPath: films[1]))
        let ended = try await run(films)
        #expect(ended.status == 3 && !ended.bySignal, "\(ended)")
        #expect(ended.error.split(separator: "\n").count == 1 && ended.error.contains("bad.mkv"), "\(ended.error)")
        // Beside the films, under the names that are promised where none is given; and nothing else.
        #expect(
            try left() == ["bad.mkv", "first.mkv", "first.upscaled.mkv", "last.mkv", "last.upscaled.mkv", "state"])
        for name in ["first", "last"] {
            #expect(try await referenceFrames(folder.path("\(name).upscaled.mkv")).count == FilmKind.frames)
        }
    }

    @Test func onlyOverwriteReplaces() async throws {
        let film = try await copy(to: "film.mkv")
        let old = URL(fileURLWithPath: folder.path("film.upscaled.mkv"))
        try Data("old".utf8).write(to: old)
        let refused = try await run([film])
        #expect(refused.status == 3 && refused.error.contains("--overwrite"), "\(refused)")
        #expect(try Data(contentsOf: old) == Data("old".utf8))
        let ended = try await run([film, "--overwrite"])
        try #require(ended.status == 0, "\(ended)")
        #expect(try await referenceFrames(old.path).count == FilmKind.frames)
        #expect(try left() == ["film.mkv", "film.upscaled.mkv", "state"])
    }

    /// Where no device has such a unit, which is said instead of waited for.
    @Test(.disabled(if: FileManager.default.fileExists(atPath: "/dev/nvidiactl"), "this machine may have one"))
    func anEncoderThatThisMachineHasNotEndsTheRun() async throws {
        let film = try await copy(to: "film.mkv")
        let ended = try await coordinator([
            "run", film, "--state", state, "--model", "nearest", "--encoder", "hevc_nvenc", "--json",
        ])
        #expect(ended.status == 2 && !ended.bySignal, "\(ended)")
        #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
        #expect(
            ended.error.contains("no worker has the encoder hevc_nvenc (offered: ffv1, libsvtav1, libx264, libx265)"))
        #expect(ended.error.contains("leave out --encoder"), "\(ended.error)")
        #expect(try left() == ["film.mkv", "state"])
    }

    @Test func twoFilmsForOneNameAreRefused() async throws {
        let films = try await [copy(to: "film.mkv"), copy(to: "film.avi")]
        let ended = try await run(films)
        #expect(ended.status == 2 && !ended.bySignal, "\(ended)")
        #expect(ended.error.split(separator: "\n").count == 1 && ended.error.contains("film"), "\(ended.error)")
        #expect(try left().filter { $0.contains("upscaled") }.isEmpty)
    }

    @Test func theFilmItselfIsNotReplacedThroughALink() async throws {
        let film = try await copy(to: "film.mkv")
        let before = try Data(contentsOf: URL(fileURLWithPath: film))
        let link = folder.path("link.mkv")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: film)
        let ended = try await run([film, "-o", link, "--overwrite"])
        #expect(ended.status == 3 && !ended.bySignal, "\(ended)")
        #expect(ended.error.split(separator: "\n").count == 1 && ended.error.contains(link), "\(ended.error)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: film)) == before)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == film)
    }

    @Test func jsonIsOneObjectALine() async throws {
        let film = try await copy(to: "film.mkv")
        let ended = try await run([film])
        try #require(ended.status == 0 && ended.error.isEmpty, "\(ended)")
        let known: Set = ["note", "warning", "progress", "done"]
        let names = ended.events.map { $0["event"] as? String ?? "none" }
        #expect(names.count == ended.output.split(separator: "\n").count && known.isSuperset(of: names), "\(names)")
        #expect(names.count { $0 == "done" } == 1)

        let done = try #require(ended.events.last)
        #expect(Set(done.keys) == ["event", "output", "frames", "seconds", "fps", "device_busy"])
        #expect(done["event"] as? String == "done")
        #expect(done["output"] as? String == folder.path("film.upscaled.mkv"))
        #expect(done["frames"] as? Int == FilmKind.frames)
        let busy = try #require(done["device_busy"] as? Double)
        #expect((0...1).contains(busy))
        let (seconds, fps) = try (#require(done["seconds"] as? Double), #require(done["fps"] as? Double))
        #expect(abs(seconds * fps - Double(FilmKind.frames)) < 0.01)
        #expect(try FileManager.default.contentsOfDirectory(atPath: state + "/spool").isEmpty)
    }

    @Test func whatAContainerCannotHoldIsSaidBeforeTheWorkAndOnce() async throws {
        let film = try await Fixtures.shared.film(.audioPriming)
        let ended = try await upscale(
            film, to: folder.path("out.webm"), in: folder,
            ["--model", "nearest", "--scale", "1", "--codec", "av1", "--preset", "12", "--to", "1"])
        let texts = ended.events.map { $0["text"] as? String ?? "" }
        let said = texts.indices.filter {
            texts[$0].contains("stream 1 (audio, aac") && texts[$0].contains("name the film .mkv")
        }
        let worked = ended.events.firstIndex { ($0["frames"] as? Int ?? 0) > 0 && $0["phase"] as? String != "indexing" }
        #expect(said.count == 1 && said[0] < worked ?? 0, "\(ended.output)")
    }

    @Test func aStateDirectoryHasOneCoordinator() async throws {
        let film = try await KillTests.film()
        let arguments = ["run", film, "--state", state, "--json"] + KillTests.settings
        let (first, second, process) = try await Gate.shared.pass { [folder] in
            let first = try CoordinatorProcess(arguments + ["-o", folder.path("first.mkv")])
            try #require(await first.reaches { ($0.segments?.accepted ?? 0) >= 1 }, "\(first.errorText)")
            let second = try CoordinatorProcess(arguments + ["-o", folder.path("second.mkv")])
            let refused = await second.wait()
            return (await first.wait(), refused, first.processID)
        }
        #expect([3, 4].contains(second.status) && !second.bySignal, "\(second)")
        #expect(second.error.split(separator: "\n").count == 1, "\(second.error)")
        #expect(second.error.contains("process \(process)"), "\(second.error)")
        #expect(first.status == 0, "\(first)")
        #expect(try left() == ["first.mkv", "state"])
    }

    @Test func probeTellsWhatAFilmHolds() async throws {
        let film = try await Fixtures.shared.film(.audioPriming)
        let keyframes = try await Judge.packets(film, "v:0", "flags").count { $0.hasPrefix("K") }
        let json = try await coordinator(["probe", film, "--json"])
        try #require(json.status == 0 && json.error.isEmpty, "\(json)")
        let probe = try JSONDecoder().decode(FilmProbe.self, from: Data(json.output.utf8))
        #expect(probe.frames == FilmKind.frames)
        #expect(probe.keyframes == keyframes && keyframes > 1)
        #expect(probe.segments == 1)
        #expect(probe.film.streams.map(\.kind) == [.video, .audio])
        #expect(probe.film.streams.map(\.codec) == ["h264", "aac"])
        #expect(probe.warnings.isEmpty)

        let text = try await coordinator(["probe", film])
        #expect(text.status == 0 && text.error.isEmpty, "\(text)")
        let lines = text.output.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix(film) == true)
        for (name, value) in [("frames", FilmKind.frames), ("keyframes", keyframes), ("segments", 1)] {
            let line = lines.first { $0.hasPrefix(name + " ") }
            #expect(line?.split { !$0.isNumber }.first.flatMap { Int($0) } == value, "\(text.output)")
        }
        #expect(lines.contains { $0.contains("video h264, 96x64") && $0.contains("upscaled") }, "\(text.output)")
        #expect(lines.contains { $0.contains("audio aac, 44100 Hz, 1 channels") }, "\(text.output)")
    }

    // MARK: -

    private func copy(to name: String) async throws -> String {
        let path = folder.path(name)
        try FileManager.default.copyItem(atPath: try await Fixtures.shared.film(.x264Closed), toPath: path)
        return path
    }

    private func run(_ arguments: [String]) async throws -> CoordinatorProcess.Ended {
        try await coordinator(["run"] + arguments + ["--state", state, "--json", "--scale", "1"] + exact)
    }

    /// The names in the folder.
    private func left() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    }
}
