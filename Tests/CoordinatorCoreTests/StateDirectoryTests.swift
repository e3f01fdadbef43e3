import Foundation
import Testing

@testable import CoordinatorCore

@Suite struct StateDirectoryTests {
    private let scratch: QueueScratch
    private var url: URL { scratch.url.appendingPathComponent("deep/state") }

    init() throws { scratch = try QueueScratch() }

    private func mode(_ url: URL) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
    }

    @Test func itIsMadeForItsOwnerOnly() throws {
        let state = try StateDirectory(at: url)
        #expect(try mode(url) == 0o700)
        #expect(try mode(state.spool) == 0o700)
        #expect(state.queuePath == url.path + "/queue.sqlite")
    }

    @Test func aSecondHandleIsRefusedWithTheProcessThatHasIt() throws {
        let state = try StateDirectory(at: url)
        let process = ProcessInfo.processInfo.processIdentifier
        let error = #expect(throws: StateDirectoryError.self) { try StateDirectory(at: url) }
        #expect(error == .inUse(path: url.path, process: process))
        #expect(error?.description.contains("process \(process)") == true)
        withExtendedLifetime(state) {}
    }

    @Test func theLockGoesWithItsHolder() throws {
        var state: StateDirectory? = try StateDirectory(at: url)
        withExtendedLifetime(state) {}
        state = nil
        state = try StateDirectory(at: url)
        #expect(state != nil)
    }

    @Test func anotherProcessIsKeptOutAndAKilledOneLeavesNoLock() throws {
        _ = try StateDirectory(at: url)
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        // `cat` holds the lock until its input ends, and says when it has it.
        other.arguments = ["--no-fork", url.path + "/lock", "sh", "-c", "echo locked; exec cat"]
        let (input, output) = (Pipe(), Pipe())
        other.standardInput = input
        other.standardOutput = output
        try other.run()
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "locked\n")
        #expect(throws: StateDirectoryError.self) { try StateDirectory(at: url) }
        kill(other.processIdentifier, SIGKILL)
        other.waitUntilExit()
        _ = try StateDirectory(at: url)
    }

    @Test func aFileInItsPlaceIsNamed() throws {
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: url)
        let error = #expect(throws: StateDirectoryError.self) { try StateDirectory(at: url) }
        #expect(error?.description.contains(url.path) == true)
    }

    @Test func aNetworkFileSystemIsRefused() throws {
        let error = #expect(throws: StateDirectoryError.self) {
            try StateDirectory(at: url) { _ in MountedFileSystem(name: "nfs4") }
        }
        #expect(error == .network(path: url.path, fileSystem: "nfs4"))
        #expect(!FileManager.default.fileExists(atPath: url.path + "/lock"))
    }

    @Test(arguments: [
        ("/home/ann", "ext4", false), ("/mnt/films/state", "nfs4", true), ("/mnt/filmsets", "ext4", false),
        ("/mnt/my share/x", "cifs", true), ("/mnt/ssh", "fuse.sshfs", true), ("/mnt/local", "fuse.mergerfs", false),
        ("/mnt/films/inner", "tmpfs", false),
    ])
    func theInnermostMountDecides(path: String, type: String, isNetwork: Bool) {
        let table = """
            22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            40 22 0:50 / /mnt/films rw - nfs4 box:/films rw
            41 22 0:51 / /mnt/my\\040share rw shared:9 master:2 - cifs //box/share rw
            42 22 0:52 / /mnt/ssh rw - fuse.sshfs ann@box: rw
            43 22 0:53 / /mnt/local rw - fuse.mergerfs a:b rw
            44 40 0:54 / /mnt/films/inner rw - ext4 /dev/sdb1 rw
            45 40 0:55 / /mnt/films/inner rw - tmpfs none rw
            """
        let mounted = MountedFileSystem(holding: path, in: table)
        #expect(mounted.name == type)
        #expect((mounted.network != nil) == isNetwork)
    }

    @Test func theStandardPlaceFollowsXDG() {
        #expect(StateDirectory.standard(environment: ["XDG_STATE_HOME": "/x"]).path == "/x/upscale-farm")
        #expect(
            StateDirectory.standard(environment: ["XDG_STATE_HOME": "relative"]).path.hasSuffix(
                "/.local/state/upscale-farm"))
    }
}
