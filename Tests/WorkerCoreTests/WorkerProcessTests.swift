import FarmProtocol
import Foundation
import Messaging
import TestSupport
import Testing

@testable import WorkerCore

/// The `worker` executable: what it prints, how it ends, what it does when it is told to go.
@Suite(.serialized, .timeLimit(.minutes(5))) struct WorkerProcessTests {
    private let folder = try! TemporaryFolder()
    private let engine = StandInEngine(folder: try! TemporaryFolder())

    private func worker(_ more: [String] = []) throws -> WorkerProcess {
        let launch = try engine.write()
        return try WorkerProcess(
            [
                "--coordinator", "ipc://" + folder.path("control"), "--device", "cpu", "--cache", folder.path("cache"),
                "--engine", launch.executable,
            ] + launch.arguments + more)
    }

    private func coordinator() async throws -> StandInCoordinator {
        let coordinator = try StandInCoordinator(folder)
        await coordinator.open()
        return coordinator
    }

    private func hold() { _ = FileManager.default.createFile(atPath: engine.hold, contents: nil) }

    private func isRunning(_ process: Int32) -> Bool { kill(process, 0) == 0 }

    @Test(arguments: [SIGTERM, SIGINT]) func theFirstSignalDrains(_ signal: Int32) async throws {
        let coordinator = try await coordinator()
        let worker = try worker(["--name", "box"])
        #expect(try await coordinator.hello().worker.name == "box")
        hold()
        try await coordinator.lease(0)
        try await eventually("segment 0 in the engine") { engine.given == [0] }
        worker.signal(signal)
        _ = try await coordinator.wait("draining") { $0.drainings > 0 ? true : nil }
        await coordinator.say(.drain)
        try FileManager.default.removeItem(atPath: engine.hold)
        let result = try await coordinator.result(0)
        #expect(await !coordinator.heard.hasGoodbye)
        await coordinator.say(.accepted(result.attempt))
        #expect(await worker.exit() == 0)
        try await eventually("goodbye") { await coordinator.heard.hasGoodbye }
        let lines = worker.log.split(separator: "\n").filter { $0.hasPrefix("worker: ") }
        #expect(
            lines == ["worker: draining: finishing what is leased, taking no more; a second signal stops at once"])
        let process = try #require(engine.starts.first)
        try await eventually("the engine's end") { !isRunning(process) }
        await coordinator.close()
    }

    @Test(arguments: [(SIGTERM, SIGTERM), (SIGTERM, SIGINT), (SIGINT, SIGTERM)])
    func theSecondSignalStopsAtOnce(_ first: Int32, _ second: Int32) async throws {
        let coordinator = try await coordinator()
        let worker = try worker()
        _ = try await coordinator.hello()
        hold()
        try await coordinator.lease(0)
        try await eventually("segment 0 in the engine") { engine.given == [0] }
        worker.signal(first)
        _ = try await coordinator.wait("draining") { $0.drainings > 0 ? true : nil }
        worker.signal(second)
        #expect(await worker.exit() == 128 + second)
        let process = try #require(engine.starts.first)
        try await eventually("the engine's end") { !isRunning(process) }
        #expect(await !coordinator.heard.hasGoodbye)
        await coordinator.close()
    }

    @Test func itSaysWhatItIsAndWhereItGoes() async throws {
        let coordinator = try await coordinator()
        let worker = try worker(["--name", "box"])
        _ = try await coordinator.hello()
        worker.signal(SIGTERM)
        #expect(await worker.exit() == 0)
        #expect(worker.log.contains("slot 0: cpu, script, 0.0 GiB, libtorch none, none"))
        #expect(
            worker.log.contains(
                "worker box: connecting to ipc://\(folder.path("control")), bulk ipc://\(folder.path("bulk"))"))
        await coordinator.close()
    }

    @Test func aRealEngineAnnouncesItsDevice() async throws {
        let coordinator = try await coordinator()
        let worker = try WorkerProcess([
            "--coordinator", "ipc://" + folder.path("control"), "--device", "cpu", "--cache", folder.path("cache"),
        ])
        let slot = try #require(try await coordinator.hello().slots.first)
        #expect(slot.device == "cpu" && !slot.deviceModel.isEmpty && slot.memory > 0)
        #expect(
            slot.encoders.contains("libx265")
                && Set(slot.versions.keys).isSuperset(of: ["worker", "libtorch", "libavcodec", "libx265"])
                && slot.versions.values.allSatisfy { $0.contains(".") })
        worker.signal(SIGTERM)
        #expect(await worker.exit() == 0)
        await coordinator.close()
    }

    @Test(arguments: [
        (CoordinatorMessage.reject(reason: "a newer start of worker box is connected"), "a newer start"),
        (CoordinatorMessage.reject(reason: "protocol version 2 meets 3: upgrade the peer"), "upgrade the peer"),
    ])
    func aRejectionIsOneLineAndStatusFour(_ message: CoordinatorMessage, _ text: String) async throws {
        let coordinator = try await coordinator()
        let worker = try worker()
        _ = try await coordinator.hello()
        await coordinator.say(message)
        #expect(await worker.exit() == 4)
        let lines = worker.log.split(separator: "\n").filter { $0.hasPrefix("worker: ") }
        #expect(lines.count == 1 && lines.first?.contains(text) == true)
        await coordinator.close()
    }

    @Test(arguments: [
        (["--coordinator", "nowhere"], "endpoint nowhere cannot be used"),
        (["--coordinator", "tcp://farm:5555"], "no keys are given"),
        (["--coordinator", "ipc:///tmp/x/control", "--device", "toaster"], "unknown device 'toaster'"),
        (["--coordinator", "ipc:///tmp/x/control", "--device", "cuda:99"], "device"),
        (["--coordinator", "ipc:///tmp/x/control", "--threads", "0"], "--threads must be 1 to 1024"),
        (["--coordinator", "ipc:///tmp/x/control", "--decode", "gpu"], "'gpu' is invalid for '--decode <decode>'"),
        (["--coordinator", "ipc:///tmp/x/control", "--name", "../x"], "worker name '../x' cannot be used"),
        (["--coordinator", "ipc:///tmp/x/control", "--bulk", "elsewhere"], "endpoint elsewhere cannot be used"),
        (["--coordinator", "ipc:///tmp/x/control", "--what"], "Unknown option"),
        ([], "no coordinator is named"),
    ])
    func wrongUsageIsOneLineAndStatusTwo(_ arguments: [String], _ text: String) async throws {
        try await expectRefusal(arguments, text)
    }

    @Test func aScratchDirectoryThatCannotBeIsStatusThree() async throws {
        let worker = try worker(["--scratch", "/proc/nowhere"])
        #expect(await worker.exit() == 3)
        #expect(worker.log.hasPrefix("worker: cannot use the directory /proc/nowhere for segments in flight: "))
    }

    @Test func aFilmThatCannotBeReadIsStatusThree() async throws {
        let film = folder.path("none.mkv")
        let worker = try WorkerProcess(["bench", "--film", film, "--model", "nearest", "--rounds", "1"])
        #expect(await worker.exit() == 3)
        #expect(worker.log == "worker: cannot open \(film): No such file or directory\n")
    }

    @Test(arguments: [
        (["bench"], "give --film or --size", 2), (["bench", "--film", "a", "--size", "3x4"], "not both", 2),
        (["bench", "--film", "a", "--json"], "--json and --sustained go with --size", 2),
        (["bench", "--size", "3x"], "'3x' is invalid", 2), (["bench", "--size", "0x3"], "'0x3' is invalid", 2),
        (["bench", "--size", "9x9", "--threads", "4294967296"], "--threads must be 1 to 1024", 2),
        (
            ["bench", "--size", "9x9", "--decode", "nvdec"], "--decode, --encoder, --preset and --trace go with --film",
            2
        ),
        (
            ["bench", "--film", "a", "--trace", "t", "--device", "cpu", "--model", "nearest"],
            "and this is measured on the CPU", 2
        ),
        (["--engines", "0"], "--engines must be 1 to 16", 2),
        (["bench", "--size", "9x9", "--model", "nowhere"], "unknown model 'nowhere'", 2),
        (["bench", "--size", "9x9", "--model", "nearest", "--scale", "17"], "scale 17 is out of range", 2),
        (
            ["evaluate", "--model", "nearest", "--size", "2x2", "--input", "/nowhere", "--output", "/tmp/none"],
            "cannot read /nowhere: ", 3
        ),
        (
            ["evaluate", "--model", "nearest", "--size", "2x2", "--input", "/proc/version", "--output", "/tmp/none"],
            "but a picture of 2x2 has 12 values of 4 bytes", 3
        ),
    ])
    func measurementsThatCannotBeAreOneLine(_ arguments: [String], _ text: String, _ status: Int32) async throws {
        let worker = try WorkerProcess(arguments)
        #expect(await worker.exit() == status)
        #expect(worker.log.split(separator: "\n").count == 1 && worker.log.contains(text), "\(worker.log)")
    }

    @Test func theScratchDirectoryLosesNothingOfOthers() throws {
        for name in ["letter.txt", "test-1-1.source", "test-1-1.encoded.part"] {
            try Data().write(to: URL(fileURLWithPath: folder.path(name)))
        }
        try Scratch.prepare(folder.url.path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["letter.txt"])
    }

    // MARK: Keys

    private struct Keyed {
        let list: AllowList
        let coordinator: StandInCoordinator
        let file: String
        let holder: KeyHolder
    }

    /// A coordinator on this machine's network, and the key file of a worker that it may or may not let in.
    private func keyed(admitted: Bool = true) async throws -> Keyed {
        let (server, own) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let holder = KeyHolder(role: .worker, name: "box", publicKey: own.publicKey)
        let list = AllowList(admitted ? [holder] : [])
        let coordinator = try StandInCoordinator(folder, keys: server, admits: list)
        await coordinator.open()
        let file = folder.path("box.key")
        try KeyFile(
            role: .worker, name: "box", control: "\(coordinator.control.endpoint)",
            bulk: "\(coordinator.bulk.endpoint)", serverKey: server.publicKey, pair: own
        ).write(to: file)
        return Keyed(list: list, coordinator: coordinator, file: file, holder: holder)
    }

    private func worker(with key: String, _ more: [String] = [], environment: [String: String] = [:]) throws
        -> WorkerProcess
    {
        let launch = try engine.write()
        return try WorkerProcess(
            (environment.isEmpty ? ["--key", key] : []) + [
                "--device", "cpu", "--cache", folder.path("cache"), "--engine", launch.executable,
            ] + launch.arguments + more, environment: environment)
    }

    @Test func theKeyFileIsAllThatAWorkerNeeds() async throws {
        let keyed = try await keyed()
        let worker = try worker(with: keyed.file)
        #expect(try await keyed.coordinator.hello().worker.name == "box")
        try await keyed.coordinator.lease(0)
        await keyed.coordinator.say(.accepted(try await keyed.coordinator.result(0).attempt))
        worker.signal(SIGTERM)
        #expect(await worker.exit() == 0)
        let second = try self.worker(with: "", ["--name", "box.2"], environment: ["UPSCALE_FARM_KEY": keyed.file])
        #expect(try await keyed.coordinator.hello(2).worker.name == "box.2")
        second.signal(SIGTERM)
        #expect(await second.exit() == 0)
        await keyed.coordinator.close()
    }

    @Test func aKeyThatIsNotLetInIsSaidAndTriedAgainForEver() async throws {
        let keyed = try await keyed(admitted: false)
        let worker = try worker(with: keyed.file)
        try await eventually("a word in the log") { worker.log.contains("does not let this worker in") }
        keyed.list.replace(with: [keyed.holder])
        _ = try await keyed.coordinator.hello()
        // Revoked while connected, and let in again: it never gives up.
        keyed.list.replace(with: [])
        await keyed.coordinator.close()
        worker.signal(SIGTERM)
        #expect(await worker.exit() == 0)
        #expect(worker.log.split(separator: "\n").filter { $0.contains("does not let") }.count < 10)
    }

    @Test func wrongKeysAreOneLine() async throws {
        let keyed = try await keyed()
        await keyed.coordinator.close()
        let missing = folder.path("none.key")
        var cases = [
            (["--key", missing], "\(missing): No such file or directory", Int32(3)),
            (["--key", keyed.file, "--name", "other"], "the key is for worker box", 2),
        ]
        let open = folder.path("open.key")
        try FileManager.default.copyItem(atPath: keyed.file, toPath: open)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open)
        cases.append((["--key", open], "others can read or change it; run `chmod 600 \(open)`", 3))
        let damaged = folder.path("damaged.key")
        try Data("{}".utf8).write(to: URL(fileURLWithPath: damaged))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: damaged)
        cases.append((["--key", damaged], "it is damaged or no key file", 3))
        for (arguments, text, status) in cases { try await expectRefusal(arguments, text, status) }
    }

    private func expectRefusal(_ arguments: [String], _ text: String, _ status: Int32 = 2) async throws {
        let worker = try WorkerProcess(arguments + ["--cache", folder.path("cache")])
        #expect(await worker.exit() == status)
        let lines = worker.log.split(separator: "\n")
        #expect(lines.count == 1 && lines.first?.hasPrefix("worker: ") == true, "\(worker.log)")
        #expect(worker.log.contains(text), "\(worker.log)")
    }
}
