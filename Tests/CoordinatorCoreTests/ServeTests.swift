import FarmModel
import FarmProtocol
import Foundation
import TestSupport
import Testing

@testable import CoordinatorCore

@Suite struct AllowedRootsTests {
    private let folder: TemporaryFolder
    private let roots: AllowedRoots
    private let outside: String

    init() throws {
        folder = try TemporaryFolder()
        let files = FileManager.default
        for name in ["root/inner", "root-2", "elsewhere"] {
            try files.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
        }
        for name in ["root/a.mkv", "root/inner/b.mkv", "root-2/c.mkv", "elsewhere/d.mkv"] {
            try Data("film".utf8).write(to: URL(fileURLWithPath: folder.path(name)))
        }
        outside = folder.path("elsewhere/d.mkv")
        try files.createSymbolicLink(atPath: folder.path("root/link.mkv"), withDestinationPath: outside)
        try files.createSymbolicLink(atPath: folder.path("root/out"), withDestinationPath: folder.path("elsewhere"))
        roots = try AllowedRoots([folder.path("root")])
    }

    @Test func whatLiesBelowMayBeNamed() throws {
        for name in ["root/a.mkv", "root/inner/b.mkv", "root/inner/../a.mkv"] {
            #expect(try roots.film(folder.path(name)).hasSuffix("b.mkv") == name.hasSuffix("b.mkv"))
        }
        #expect(try roots.output(folder.path("root/new.mkv")).hasSuffix("/root/new.mkv"))
    }

    @Test func nothingLeadsOut() throws {
        // A folder whose name only begins like the root, a way up, links, what is not there.
        for name in ["root-2/c.mkv", "root/../elsewhere/d.mkv", "root/link.mkv", "root/out/d.mkv", "root/none.mkv"] {
            #expect(throws: CoordinatorError.self, "\(name)") { try roots.film(folder.path(name)) }
        }
        for name in ["elsewhere/new.mkv", "root/out/new.mkv", "root/../new.mkv", "root/none/new.mkv", "root/inner/.."] {
            #expect(throws: CoordinatorError.self, "\(name)") { try roots.output(folder.path(name)) }
        }
        #expect(throws: CoordinatorError.self) { try roots.film("a.mkv") }
        #expect(throws: CoordinatorError.self) { try AllowedRoots([]).film(folder.path("root/a.mkv")) }
        #expect(throws: CoordinatorError.self) { try AllowedRoots([folder.path("none")]) }
    }
}

@Suite struct UploadStoreTests {
    private let folder: TemporaryFolder
    private let store: UploadStore

    init() throws {
        folder = try TemporaryFolder()
        store = try UploadStore(stateDirectory: folder.url.path)
    }

    private func upload(_ name: String, _ hash: String = String(repeating: "0f", count: 32), size: Int64 = 4) -> Upload
    {
        Upload(kind: .film, name: name, size: size, sha256: hash)
    }

    /// Nothing of a name reaches the file system but a plain extension.
    @Test(arguments: [
        ("film.mkv", ".mkv"), ("FILM.MP4", ".mp4"), ("../../etc/passwd", ""), ("a.m k v", ""), ("a.tar.gz", ".gz"),
        ("film", ""), (".mkv", ""), ("a./../../x", ""), ("a.äöü", ""), ("a.123456789", ""), ("a.mkv/b", ""),
    ])
    func onlyThePlainExtensionIsKept(_ name: String, _ kept: String) throws {
        let path = try store.path(upload(name))
        #expect(path == folder.path("uploads") + "/" + String(repeating: "0f", count: 32) + kept)
        #expect(store.owns(path) && !store.owns(folder.path("other")))
    }

    @Test(arguments: ["", "abc", String(repeating: "0F", count: 32), "../" + String(repeating: "0", count: 61)])
    func whatIsNoHashIsRefused(_ hash: String) {
        #expect(throws: CoordinatorError.self) { try store.path(upload("a.mkv", hash)) }
    }

    @Test func aFileCountsWithItsSizeOnly() throws {
        let film = upload("a.mkv")
        #expect(try !store.holds(film))
        try Data("12".utf8).write(to: URL(fileURLWithPath: try store.path(film)))
        #expect(try !store.holds(film))
        try Data("1234".utf8).write(to: URL(fileURLWithPath: try store.path(film)))
        #expect(try store.holds(film))
        try store.sweep(keeping: [try store.path(film)], olderThan: -1)
        #expect(try store.holds(film))
        try store.sweep(keeping: [], olderThan: 3600)
        #expect(try store.holds(film))
        try store.sweep(keeping: [], olderThan: -1)
        #expect(try !store.holds(film))
    }
}

@Suite struct FilmShelfTests {
    /// A client's film name makes the result's, and cannot lead out of the job's folder.
    @Test(arguments: [
        ("film.mkv", "film"), ("../../etc/passwd", "passwd"), ("..", "film"), (".hidden.mkv", "film"), ("/", "film"),
        ("a b ü.mp4", "a b ü"), (String(repeating: "x", count: 400), String(repeating: "x", count: 180)),
    ])
    func theNameStaysInItsFolder(_ name: String, _ stem: String) throws {
        let folder = try TemporaryFolder()
        let shelf = FilmShelf(stateDirectory: folder.url.path)
        let path = try shelf.place(JobID("k7f"), film: name, container: "mkv")
        #expect(path == folder.path("films/k7f/\(stem).upscaled.mkv"))
        #expect(shelf.owns(path))
        try shelf.remove(JobID("k7f"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("films/k7f")))
    }
}

@Suite struct FetchTargetTests {
    @Test func namesOfTheOtherSideStayInTheFolder() throws {
        let folder = try TemporaryFolder()
        for name in ["film.mkv", "../../film.mkv", "/etc/film.mkv"] {
            #expect(try FetchTarget(folder.url.path, name: name, overwrite: false).path == folder.path("film.mkv"))
        }
        try Data("old".utf8).write(to: URL(fileURLWithPath: folder.path("film.mkv")))
        #expect(throws: CoordinatorError.self) {
            try FetchTarget(folder.url.path, name: "film.mkv", overwrite: false)
        }
        #expect(throws: CoordinatorError.self) {
            try FetchTarget(folder.path("none/film.mkv"), name: "film.mkv", overwrite: false)
        }
        #expect(throws: CoordinatorError.self, "a folder that is not there is no file's name") {
            try FetchTarget(folder.path("results") + "/", name: "film.mkv", overwrite: false)
        }
        #expect(try FetchTarget(folder.url.path, name: "film.mkv", overwrite: true).path == folder.path("film.mkv"))
    }

    @Test func aNameThatPromisesAnotherContainerIsRefused() throws {
        let folder = try TemporaryFolder()
        for name in ["out.mkv", "out.MKV", "out"] {
            #expect(try FetchTarget(folder.path(name), name: "film.mkv", overwrite: false).path == folder.path(name))
        }
        let error = #expect(throws: CoordinatorError.self) {
            try FetchTarget(folder.path("out.mp4"), name: "film.mkv", overwrite: false)
        }
        #expect(error?.kind == .usage && error?.message.contains("the film is .mkv") == true)
        for (given, own) in [("out.mp4", ""), ("out.m4v", "film.mp4")] {
            #expect(try FetchTarget(folder.path(given), name: own, overwrite: false).path == folder.path(given))
        }
    }
}

@Suite struct DiskWatchTests {
    @Test func jobsDoNotStopAndGoWithEverySegment() {
        var watch = DiskWatch(path: "/spool", reserve: 1000)
        #expect(watch.look(free: 1000) == nil && !watch.isFull)
        #expect(watch.look(free: 999) != nil && watch.isFull)
        #expect(watch.look(free: 999) == nil && watch.look(free: 1100) == nil && watch.isFull)
        #expect(watch.look(free: 1250) != nil && !watch.isFull)
        #expect(watch.ranOut(free: 5000) != nil && watch.isFull)
        #expect(watch.ranOut(free: 0) == nil && watch.isFull)
    }
}

@Suite struct SpaceTests {
    /// Without a reserve, or under a quota, the file system says that there is room when there is none.
    @Test func whatCouldNotBeWrittenIsBelievedForAWhile() {
        var watch = DiskWatch(path: "/spool", reserve: 0)
        for looks in [8, 16] {
            #expect(watch.ranOut(free: 100) != nil)
            for _ in 0..<looks { #expect(watch.look(free: 100) == nil && watch.isFull) }
            #expect(watch.look(free: 100) == .free)
        }
        #expect(watch.ranOut(free: 100) != nil)
        #expect(watch.look(free: 1 << 30) == .free, "much has come free")
    }

    @Test func whatOthersWillTakeIsNotFree() throws {
        let folder = try TemporaryFolder()
        let free = try DiskSpace.free(folder.url.path)
        let shortage = #expect(throws: SpaceShortage.self) {
            try SpaceEstimate.require(1 << 20, in: folder.url.path, kept: free, "give another")
        }
        #expect(shortage?.description.contains("kept") == true)
        #expect(SpaceShortage.reason(CoordinatorError(.job, "x: \(String(cString: strerror(EDQUOT)))")) != nil)
        #expect(SpaceShortage.reason(CoordinatorError(.job, "no film")) == nil)
    }
}

@Suite struct EventInboxTests {
    @Test func whatWaitsIsTakenTogether() async throws {
        let inbox = EventInbox()
        for _ in 0..<3 { inbox.post(.tick) }
        #expect(await inbox.take()?.count == 3)
        let next = Task { await inbox.take() }
        inbox.post(.diskFree)
        #expect(await next.value?.map(\.event) == [.diskFree])
    }

    @Test func whoWaitsIsToldOfTheEnd() async throws {
        let inbox = EventInbox()
        let waiting = Task { try await inbox.postAndWait(.tick) }
        while inbox.count == 0 { await Task.yield() }
        inbox.close()
        await #expect(throws: CoordinatorError.self) { try await waiting.value }
        #expect(await inbox.take() == nil)
        await #expect(throws: CoordinatorError.self) { try await inbox.postAndWait(.tick) }
    }
}

@Suite struct SegmentSizingTests {
    /// Several segments for each slot, none longer than ten seconds or shorter than two.
    @Test(arguments: [(3600.0, 1, 10.0), (3600, 4, 10), (120, 4, 7.5), (60, 16, 2), (10, 1, 10)])
    func automatic(_ film: Double, _ slots: Int, _ seconds: Double) {
        #expect(SegmentLength.automatic.resolved(seconds: film, slots: slots) == .seconds(seconds))
        #expect(SegmentLength.frames(7).resolved(seconds: film, slots: slots) == .frames(7))
    }
}

@Suite struct TokenTests {
    @Test func aTokenIsAnID() {
        let id = JobID(token: "a", turn: 0)
        #expect(
            id == JobID(token: "a", turn: 0) && id != JobID(token: "a", turn: 1) && id != JobID(token: "b", turn: 0))
        #expect(id.rawValue.count == 5 && id.rawValue.allSatisfy { JobID.alphabet.contains($0) })
    }
}

@Suite struct ClientWordsTests {
    /// A client's message may hold any number; each of these ended the coordinator, and again after every restart.
    @Test(arguments: [
        JobSettings(segmentLength: .seconds(1e-30)), JobSettings(segmentLength: .seconds(.nan)),
        JobSettings(segmentLength: .seconds(.infinity)), JobSettings(segmentLength: .frames(0)),
        JobSettings(overlap: .max), JobSettings(overlap: -1), JobSettings(temporalBlend: -1000),
        JobSettings(tile: -7), JobSettings(tile: 8), JobSettings(batch: 0), JobSettings(scale: .min),
        JobSettings(crf: .max), JobSettings(model: String(repeating: "m", count: 5000)),
        JobSettings(encoderParameters: Array(repeating: EncoderParameter(key: "k", value: "v"), count: 1000)),
    ])
    func whatNoJobCanHaveIsRefused(_ settings: JobSettings) {
        #expect(throws: CoordinatorError.self) { try settings.check() }
    }

    @Test func whatJobsHaveIsTaken() throws {
        for length in [SegmentLength.automatic, .seconds(10), .frames(24)] {
            try JobSettings(scale: 4, segmentLength: length, overlap: 3, tile: 128, batch: 8).check()
        }
    }

    @Test func namesAreCutByBytesAndObeyedByNobody() throws {
        let folder = try TemporaryFolder()
        let shelf = FilmShelf(stateDirectory: folder.url.path)
        for stem in [String(repeating: "映", count: 100), String(repeating: "x", count: 250), "a\u{1B}[2Jb"] {
            let path = try shelf.place(JobID("k7f"), film: stem + ".mkv", container: "mkv")
            let name = URL(fileURLWithPath: path).lastPathComponent
            #expect(name.utf8.count <= 200 && name.hasSuffix(".upscaled.mkv") && !name.contains("\u{1B}"), "\(name)")
            try Data("film".utf8).write(to: URL(fileURLWithPath: "\(path).k7fqz.part"))
        }
    }
}
