import Foundation
import TestSupport
import Testing

/// The worker beside an engine program that is not there or does not start: it says so, in one line.
@Suite(.serialized) struct EngineProgramTests {
    private let folder = try! TemporaryFolder()

    /// A worker that was installed without its engine, or with one of this script.
    private func worker(_ arguments: [String], engine: String? = nil) throws -> WorkerProcess {
        let program = folder.path("worker")
        if !FileManager.default.fileExists(atPath: program) {
            try FileManager.default.copyItem(atPath: WorkerProcess.executable, toPath: program)
        }
        if let engine {
            let path = folder.path("worker-engine")
            try Data("#!/bin/sh\n\(engine)\n".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        return try WorkerProcess(arguments, executable: program)
    }

    private func expect(_ worker: WorkerProcess, status: Int32, _ text: String) async {
        #expect(await worker.exit() == status)
        let lines = worker.log.split(separator: "\n").filter { $0.hasPrefix("worker: ") }
        #expect(lines.count == 1 && lines.first?.contains(text) == true, "\(worker.log)")
    }

    @Test(arguments: [
        ["models"], ["bench", "--size", "9x9"], ["help", "models"],
        ["--coordinator", "ipc:///tmp/x", "--device", "cuda:1"],
    ])
    func withoutTheEngineItSaysWhatToDo(_ arguments: [String]) async throws {
        await expect(
            try worker(arguments), status: 1,
            "cannot start \(folder.path("worker-engine")): No such file or directory; it belongs beside the worker")
    }

    @Test func withoutTheEngineNoSlotComesUp() async throws {
        let arguments = [
            "--coordinator", "ipc://" + folder.path("control"), "--device", "cpu", "--cache", folder.path("cache"),
        ]
        await expect(try worker(arguments), status: 1, "cannot start \(folder.path("worker-engine"))")
    }

    @Test func whatTheLoaderSaysOfALibraryIsPassedOn() async throws {
        let engine =
            "echo 'worker-engine: error while loading shared libraries: libtorch.so: no such file' >&2; exit 127"
        let worker = try worker(["models"], engine: engine)
        #expect(await worker.exit() == 127)
        #expect(worker.log.contains("libtorch.so: no such file"))
        let arguments = [
            "--coordinator", "ipc://" + folder.path("control"), "--device", "cpu", "--cache", folder.path("cache"),
        ]
        let serving = try self.worker(arguments, engine: engine)
        await expect(serving, status: 1, "the engine does not stay up (exited with status 127)")
        #expect(serving.log.contains("libtorch.so: no such file"))
    }

    @Test(arguments: [([], "--decode cpu"), (["--decode", "nvdec"], "--decode nvdec")])
    func whatDecodesIsPassedOn(_ options: [String], _ text: String) async throws {
        let arguments = [
            "--coordinator", "ipc://" + folder.path("control"), "--device", "cpu", "--cache", folder.path("cache"),
        ]
        let serving = try worker(arguments + options, engine: "echo \"told: $*\" >&2; exit 1")
        await expect(serving, status: 1, "the engine does not stay up")
        #expect(serving.log.contains(text), "\(serving.log)")
    }

    /// A driver makes the worker ask the engine for devices: one that dies of it says nothing, and the worker must.
    @Test func anEngineThatDiesWhenAskedForDevicesIsNamed() async throws {
        let worker = try worker(
            [
                "--coordinator", "ipc://" + folder.path("control"), "--device", "cuda:0", "--cache",
                folder.path("cache"),
            ],
            engine: "kill -9 $$")
        await expect(worker, status: 1, "the engine was killed by signal 9")
        let silent = try self.worker(
            [
                "--coordinator", "ipc://" + folder.path("control"), "--device", "cuda:0", "--cache",
                folder.path("cache"),
            ],
            engine: "exit 0")
        await expect(silent, status: 1, "the engine names no device for cuda:0")
    }

    @Test func theDoctorNamesAnEngineThatIsNotThereOrDoesNotStart() async throws {
        let output = folder.path("out")
        for (engine, text) in [
            (nil, "cannot start \(folder.path("worker-engine")): No such file"),
            ("echo 'libtorch.so: cannot open' >&2; exit 127", "it exited with status 127: libtorch.so: cannot open"),
            ("echo '{}'", "it answers what this worker does not understand"),
        ] {
            _ = try worker(["--version"], engine: engine)
            let words = ["-c", "exec '\(folder.path("worker"))' doctor --cache '\(folder.path("cache"))' >'\(output)'"]
            let doctor = try WorkerProcess(words, executable: "/bin/sh")
            #expect(await doctor.exit() == 1)
            let said = try String(contentsOfFile: output, encoding: .utf8)
            #expect(said.contains("PROBLEM  engine    " + text), "\(said)")
        }
    }

    @Test func theWorkerItselfLoadsNoLibtorch() async throws {
        let started = folder.path("started")
        let worker = try worker(
            ["--coordinator", "ipc://" + folder.path("control"), "--device", "cpu", "--cache", folder.path("cache")],
            engine: "touch '\(started)'; exec sleep 60")
        try await eventually("its engine") { FileManager.default.fileExists(atPath: started) }
        // The kernel gives a page at a time.
        let file = try #require(FileHandle(forReadingAtPath: "/proc/\(worker.processID)/maps"))
        var maps = ""
        while let part = try file.read(upToCount: 4096), !part.isEmpty { maps += String(decoding: part, as: UTF8.self) }
        #expect(maps.contains("libzmq"), "\(maps)")
        #expect(!maps.contains("libtorch") && !maps.contains("libsqlite"))
        worker.signal(SIGKILL)
        _ = await worker.exit()
    }
}
