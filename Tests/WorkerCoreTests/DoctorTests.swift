import Foundation
import Messaging
import TestSupport
import Testing

@testable import WorkerCore

/// `worker doctor` on this machine, with drivers that stand in for NVIDIA's and a real coordinator's sockets.
@Suite(.serialized) struct DoctorTests {
    private let folder = try! TemporaryFolder()

    private struct Result: Decodable {
        var findings: [Finding]
        var status: Int32
    }

    private func doctor(_ arguments: [String] = [], environment: [String: String] = [:]) async throws -> Result {
        let output = folder.path("out.json")
        var words = ["doctor", "--json", "--cache", folder.path("cache")] + arguments
        words = ["-c", "exec \"$0\" \"$@\" >'\(output)'", WorkerProcess.executable] + words
        let process = try WorkerProcess(words, environment: environment, executable: "/bin/sh")
        let status = try #require(await process.exit())
        #expect(process.log.isEmpty, "\(process.log)")
        let findings = try JSONDecoder().decode(
            [Finding].self, from: try Data(contentsOf: URL(fileURLWithPath: output)))
        return Result(findings: findings, status: status)
    }

    /// A libcuda.so.1 of this C code, in a folder of its own.
    private func driver(_ code: String) async throws -> [String: String] {
        let source = folder.path("driver.c")
        let text = """
            int cuGetErrorString(int e, const char **t) { *t = "no kernel module"; return 0; }
            int cuDriverGetVersion(int *v) { *v = 13000; return 0; }
            int cuDeviceGet(int *d, int i) { *d = i; return 0; }
            int cuDeviceGetName(char *n, int l, int d) { n[0] = 'G'; n[1] = '0' + d; n[2] = 0; return 0; }
            int cuDeviceTotalMem_v2(unsigned long *m, int d) { *m = 80ul << 30; return 0; }
            \(code)

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: source))
        try await run("g++", ["-x", "c", "-shared", "-fPIC", source, "-o", folder.path("libcuda.so.1")])
        return ["LD_LIBRARY_PATH": folder.url.path]
    }

    @Test func thisMachineCanWork() async throws {
        let result = try await doctor()
        #expect(result.status == 0 && !result.findings.contains { $0.status == .problem })
        let engine = try #require(result.findings.first { $0.subject == "engine" })
        #expect(engine.text.contains("starts, with libtorch ") && engine.text.contains("own kernels for "))
    }

    @Test func devicesOfTheDriverThatLibtorchCannotUseAreExplained() async throws {
        let environment = try await driver(
            "int cuInit(unsigned f) { return 0; } int cuDeviceGetCount(int *n) { *n = 2; return 0; }")
        let result = try await doctor(environment: environment)
        let driver = try #require(result.findings.first { $0.subject == "driver" })
        #expect(driver.text == "NVIDIA's, for CUDA up to 13.0: G0, 80.0 GiB; G1, 80.0 GiB")
        let cuda = try #require(result.findings.first { $0.subject == "cuda" })
        #expect(cuda.status == .warning && cuda.text.contains("libtorch") && result.status == 0)
    }

    @Test func aDriverThatDoesNotWorkIsSaid() async throws {
        let result = try await doctor(environment: try await driver("int cuInit(unsigned f) { return 999; }"))
        let driver = try #require(result.findings.first { $0.subject == "driver" })
        #expect(driver.status == .warning && driver.text == "the driver's cuInit answers 999 (no kernel module)")
        #expect(result.status == 0)  // the CPU works
        let none = try await doctor(
            environment: try await self.driver(
                "int cuInit(unsigned f) { return 100; } int cuDeviceGetCount(int *n) { return 100; }"))
        #expect(none.findings.contains { $0.subject == "driver" && $0.text.contains("it shows no device") })
        let old = try await doctor(environment: try await self.driver("int cuInit(unsigned f) { return 0; }"))
        #expect(old.findings.contains { $0.text == "the driver's libcuda.so.1 has no cuDeviceGetCount" })
    }

    @Test func theFarmIsReachedWithoutAWorkerBeingAnnounced() async throws {
        let (server, own) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let list = AllowList([KeyHolder(role: .worker, name: "box", publicKey: own.publicKey)])
        let coordinator = try StandInCoordinator(folder, keys: server, admits: list)
        await coordinator.open()
        let key = folder.path("box.key")
        let (control, bulk) = ("\(coordinator.control.endpoint)", "\(coordinator.bulk.endpoint)")
        try KeyFile(role: .worker, name: "box", control: control, bulk: bulk, serverKey: server.publicKey, pair: own)
            .write(to: key)
        func farm() async throws -> Finding? {
            try await doctor(["--key", key]).findings.first { $0.subject == "farm" }
        }
        #expect(try await farm() == .ok("farm", "\(control) and \(bulk) answer, and let the key box in"))
        #expect(await coordinator.heard.isEmpty)
        list.replace(with: [])
        #expect(try await farm()?.text.contains("does not let this worker in") == true)
        await coordinator.close()
        #expect(try await farm()?.text == "nobody answers at \(control)")
    }

    @Test func aClientsKeyIsAProblem() async throws {
        let key = folder.path("anna.key")
        try KeyFile(
            role: .client, name: "anna", control: "tcp://127.0.0.1:1", bulk: "tcp://127.0.0.1:2",
            serverKey: CurveKeyPair.generate().publicKey, pair: .generate()
        ).write(to: key)
        let result = try await doctor(["--key", key])
        let farm = try #require(result.findings.first { $0.subject == "farm" })
        #expect(result.status == 1 && farm.status == .problem)
        #expect(farm.text.contains("the key anna is a client's") && farm.text.contains("--role worker"))
    }

    @Test(arguments: [
        (["--coordinator", "tcp://farm:5555"], "no keys are given"), (["--key", "/nowhere"], "/nowhere: No such file"),
        (["--coordinator", "nowhere"], "endpoint nowhere cannot be used"),
    ])
    func whatCannotBeReachedForIsAProblem(_ arguments: [String], _ text: String) async throws {
        let result = try await doctor(arguments)
        #expect(result.status == 1)
        #expect(result.findings.first { $0.subject == "farm" }?.text.contains(text) == true, "\(result.findings)")
    }
}
