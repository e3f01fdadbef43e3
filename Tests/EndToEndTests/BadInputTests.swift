import Foundation
import TestSupport
import Testing

/// Each mistake is one line, the promised exit status, nothing under the output's name, and an untouched source.
@Suite struct BadInputTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var name: String
        var status: Int32
        /// What the line must mention.
        var mention: String
        var arguments: [String] = []
        var film = "good.mkv"

        var testDescription: String { name }
    }

    static let mistakes = [
        Mistake(name: "missing film", status: 3, mention: "missing.mkv", film: "missing.mkv"),
        Mistake(name: "empty film", status: 3, mention: "empty.mkv", film: "empty.mkv"),
        Mistake(name: "text instead of a film", status: 3, mention: "text.mkv", film: "text.mkv"),
        Mistake(name: "audio only", status: 3, mention: "audio", film: "audio.m4a"),
        Mistake(name: "a folder", status: 3, mention: "folder", film: "folder"),
        Mistake(name: "a head without pictures", status: 3, mention: "head.mkv", film: "head.mkv"),
        Mistake(name: "no such output folder", status: 3, mention: "nowhere", arguments: ["-o", "nowhere/out.mkv"]),
        Mistake(name: "output is a folder", status: 3, mention: "folder", arguments: ["-o", "folder"]),
        Mistake(
            name: "output is the film", status: 3, mention: "good.mkv", arguments: ["-o", "good.mkv", "--overwrite"]),
        Mistake(name: "output exists", status: 3, mention: "--overwrite", arguments: ["-o", "there.mkv"]),
        Mistake(name: "unknown container", status: 2, mention: "out.xyz", arguments: ["-o", "out.xyz"]),
        Mistake(name: "unknown model", status: 2, mention: "nosuch", arguments: ["--model", "nosuch"]),
        Mistake(name: "broken model file", status: 2, mention: "text.mkv", arguments: ["--model", "./text.mkv"]),
        Mistake(name: "scale out of range", status: 2, mention: "--scale", arguments: ["--scale", "9"]),
        Mistake(name: "scale is no number", status: 2, mention: "--scale", arguments: ["--scale", "two"]),
        Mistake(
            name: "scale that the model lacks", status: 2, mention: "x4plus",
            arguments: ["--model", "realesrgan-x4plus", "--scale", "2"]),
        Mistake(name: "height out of range", status: 2, mention: "give 16 to 16384", arguments: ["--height", "8"]),
        Mistake(name: "height is no number", status: 2, mention: "--height", arguments: ["--height", "tall"]),
        Mistake(name: "odd height", status: 2, mention: "give 90 or 92", arguments: ["--height", "91"]),
        Mistake(
            name: "height too far from the model's", status: 2, mention: "--height",
            arguments: ["--model", "nearest", "--height", "9000"]),
        Mistake(name: "unknown codec", status: 2, mention: "--codec", arguments: ["--codec", "vp7"]),
        Mistake(name: "unknown encoder", status: 2, mention: "nosuch", arguments: ["--encoder", "nosuch"]),
        Mistake(name: "encoder of another codec", status: 2, mention: "libx264", arguments: ["--encoder", "libx264"]),
        Mistake(name: "unknown preset", status: 2, mention: "sometimes", arguments: ["--preset", "sometimes"]),
        Mistake(name: "unknown pixel format", status: 2, mention: "yuv999", arguments: ["--pixel-format", "yuv999"]),
        Mistake(name: "crf out of range", status: 2, mention: "crf", arguments: ["--crf", "60"]),
        Mistake(name: "crf below zero", status: 2, mention: "--crf -1 is out of range", arguments: ["--crf", "-1"]),
        Mistake(name: "tile below zero", status: 2, mention: "--tile -1 is out of range", arguments: ["--tile", "-1"]),
        Mistake(
            name: "time below zero", status: 2, mention: "'-1' is invalid for '--from", arguments: ["--from", "-1"]),
        Mistake(
            name: "parameter that breaks joining", status: 2, mention: "open-gop",
            arguments: ["--encoder-params", "open-gop=1"]),
        Mistake(name: "unknown parameter", status: 2, mention: "nosuch", arguments: ["--encoder-params", "nosuch=1"]),
        Mistake(
            name: "parameter without value", status: 2, mention: "--encoder-params",
            arguments: ["--encoder-params", "ref"]),
        Mistake(
            name: "segment of no frames", status: 2, mention: "--segment-frames", arguments: ["--segment-frames", "0"]),
        Mistake(
            name: "two lengths", status: 2, mention: "exclude",
            arguments: ["--segment-frames", "5", "--segment-seconds", "2"]),
        Mistake(name: "no workers", status: 2, mention: "--workers", arguments: ["--workers", "0"]),
        Mistake(
            name: "unknown device", status: 2, mention: "unknown device 'foo': use auto, cpu or cuda:N",
            arguments: ["--device", "foo"]),
        Mistake(
            name: "no number of a device", status: 2, mention: "unknown device 'cuda:x'",
            arguments: ["--device", "cuda:x"]),
        Mistake(name: "unknown option", status: 2, mention: "--nosuch", arguments: ["--nosuch"]),
    ]

    @Test(arguments: mistakes) func refused(mistake: Mistake) async throws {
        let folder = try await Self.folder()
        let film = folder.path(mistake.film)
        let before = try? Data(contentsOf: URL(fileURLWithPath: film))
        var arguments = ["run", film, "--state", folder.path("state")]
        arguments += mistake.arguments.enumerated().map { index, argument in
            index > 0 && ["-o", "--model"].contains(mistake.arguments[index - 1]) && argument.contains(/[.\/]|folder/)
                ? folder.path(argument) : argument
        }
        let ended = try await coordinator(arguments)
        #expect(ended.status == mistake.status && !ended.bySignal, "\(ended)")
        let lines = ended.error.split(separator: "\n")
        #expect(lines.count == 1, "\(ended.error)")
        #expect(lines.last?.contains(mistake.mention) == true, "\(ended.error)")
        #expect((try? Data(contentsOf: URL(fileURLWithPath: film))) == before)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(left.filter { $0.contains("out") || $0.contains("upscaled") || $0.hasSuffix(".part") }.isEmpty)
        #expect(try String(contentsOfFile: folder.path("there.mkv"), encoding: .utf8) == "keep me")
    }

    @Test func aCutFilmComesOutAsFarAsItGoes() async throws {
        let whole = try await Fixtures.shared.film(.x264Closed)
        let folder = try TemporaryFolder()
        let cut = folder.path("cut.mkv")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        try bytes.prefix(bytes.count * 6 / 10).write(to: URL(fileURLWithPath: cut))
        try await expectWhatAPlayerShows(cut, folder)
    }

    @Test func aDamagedFilmComesOutWithAWarning() async throws {
        let whole = try await Fixtures.shared.film(.x264OpenTS)
        let folder = try TemporaryFolder()
        let damaged = folder.path("damaged.ts")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
        for offset in stride(from: bytes.count / 3, to: bytes.count / 2, by: 3001) { bytes[offset] ^= 0xFF }
        try bytes.write(to: URL(fileURLWithPath: damaged))
        let ended = try await expectWhatAPlayerShows(damaged, folder)
        #expect(ended.output.contains("warning"))
    }

    @Test(arguments: [FilmKind.x264OpenMKV, .x265OpenMKV])
    func aFilmThatLacksPacketsComesOut(kind: FilmKind) async throws {
        let folder = try TemporaryFolder()
        try await expectWhatAPlayerShows(try await Fixtures.shared.damagedFilm(kind, .loss), folder)
    }

    @Test func whatAFilmIsCalledDoesNotMatter() async throws {
        let folder = try await Self.folder()
        let film = folder.path("notes.txt")
        try FileManager.default.moveItem(atPath: folder.path("good.mkv"), toPath: film)
        try await expectWhatAPlayerShows(film, folder)
    }

    @Test(
        .enabled(
            if: getuid() != 0 || SmallDisk.canMount,
            "root writes anywhere but on what is mounted read-only: cannot mount"
        ))
    func anOutputFolderThatCannotBeWrittenIsRefused() async throws {
        let folder = try await Self.folder()
        let place = folder.path("fixed")
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o555])
        let disk = getuid() == 0 ? try SmallDisk("fixed", in: folder, mebibytes: 1, readOnly: true) : nil
        defer { withExtendedLifetime(disk) {} }
        let ended = try await coordinator(
            ["run", folder.path("good.mkv"), "-o", place + "/out.mkv", "--state", folder.path("state")])
        try expectRefused(ended, mention: place)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
    }

    @Test(
        .enabled(if: SmallDisk.canMount, "a small disk cannot be mounted: that takes root"),
        arguments: ["output", "state"])
    func tooLittleSpaceIsToldBeforehand(place: String) async throws {
        let folder = try await Self.folder()
        let disk = try SmallDisk(place, in: folder, mebibytes: 1)
        defer { withExtendedLifetime(disk) {} }
        try FileManager.default.createDirectory(atPath: folder.path("output"), withIntermediateDirectories: true)
        let ended = try await coordinator(
            [
                "run", folder.path("good.mkv"), "-o", folder.path("output/out.mkv"), "--state", folder.path("state"),
                "--json", "--scale", "4",
            ] + exact)
        try expectRefused(ended, mention: "too little space in \(disk.path)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("output")).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("state/spool")).isEmpty)
    }

    private func expectRefused(_ ended: CoordinatorProcess.Ended, mention: String) throws {
        #expect(ended.status == 3 && !ended.bySignal, "\(ended)")
        #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
        #expect(ended.error.contains(mention), "\(ended.error)")
    }

    @discardableResult
    private func expectWhatAPlayerShows(_ film: String, _ folder: TemporaryFolder) async throws
        -> CoordinatorProcess.Ended
    {
        let output = folder.path("out.mkv")
        let ended = try await coordinator(
            [
                "run", film, "-o", output, "--state", folder.path("state"), "--json", "--segment-frames", "20",
                "--scale", "1",
            ]
                + exact)
        #expect(ended.status == 0, "\(ended)")
        let expected = try await referenceFrames(film)
        #expect(!expected.isEmpty)
        #expect(try await referenceFrames(output).count == expected.count)
        #expect(Judge.misplaced(try await Judge.thumbnails(output), from: try await Judge.thumbnails(film)).isEmpty)
        return ended
    }

    private static func folder() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        let good = try await Fixtures.shared.film(.x264Closed)
        try files.copyItem(atPath: good, toPath: folder.path("good.mkv"))
        try Data().write(to: URL(fileURLWithPath: folder.path("empty.mkv")))
        try Data("this is no film\n".utf8).write(to: URL(fileURLWithPath: folder.path("text.mkv")))
        try Data("keep me".utf8).write(to: URL(fileURLWithPath: folder.path("there.mkv")))
        try Data(contentsOf: URL(fileURLWithPath: good)).prefix(700).write(
            to: URL(fileURLWithPath: folder.path("head.mkv")))
        try files.createDirectory(atPath: folder.path("folder"), withIntermediateDirectories: true)
        let audio = try await Fixtures.shared.file("only-audio.m4a") { path in
            try await ffmpeg(["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", path])
        }
        try files.copyItem(atPath: audio, toPath: folder.path("audio.m4a"))
        return folder
    }
}
