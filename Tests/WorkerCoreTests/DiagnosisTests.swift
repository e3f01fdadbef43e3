import EngineProtocol
import FarmProtocol
import Machine
import Testing

@testable import WorkerCore

/// What `worker doctor` makes of what it learned.
@Suite struct DiagnosisTests {
    fileprivate static let cpu = SlotDescription(
        device: "cpu", deviceModel: "Xeon", versions: ["worker": Release.version, "libx265": "3.5"], memory: 1 << 36,
        encoders: ["libx265"])
    fileprivate static let gpu = SlotDescription(
        device: "cuda:0", deviceModel: "H100", versions: ["worker": Release.version, "libx265": "3.5"],
        memory: 80 << 30, encoders: ["libx265"])
    private static let driver = NVIDIADriver.working(cuda: 12040, devices: [.init(name: "H100", memory: 80 << 30)])

    /// A machine on which all is well.
    private func facts(_ change: (inout BoxFacts) -> Void = { _ in }) -> BoxFacts {
        var facts = BoxFacts()
        (facts.processors, facts.memory, facts.freeMemory, facts.glibc) = (16, 128 << 30, 100 << 30, "2.39")
        facts.driver = Self.driver
        (facts.hasDecoding, facts.hasEncoding) = (true, true)
        facts.libtorch = .success(libtorch(cuda: "12.4"))
        facts.engine = .success(EngineAbout(libtorch: "2.11.0", kernels: "avx512", slots: [Self.gpu, Self.cpu]))
        (facts.modelFiles, facts.modelDirectories) = (["/models/a-x4.pt"], ["/models"])
        (facts.cache, facts.freeSpace) = ("/cache", .success(50 << 30))
        facts.farm = .admitted(control: "tcp://farm:5555", bulk: "tcp://farm:5556", key: "box-1")
        change(&facts)
        return facts
    }

    private func libtorch(cuda: String?) -> Libtorch? {
        Libtorch(directory: "/torch", version: "2.11.0", cuda: cuda)
    }

    @Test func allIsWell() {
        let findings = Diagnosis(facts()).findings
        #expect(findings.allSatisfy { $0.status == .ok && $0.remedy == nil })
        #expect(
            findings.map(\.subject) == [
                "machine", "driver", "NVDEC", "NVENC", "libtorch", "engine", "cuda:0", "encoders", "models", "cache",
                "farm",
            ])
        #expect(findings.map(\.text).contains("NVIDIA's, for CUDA up to 12.4: H100, 80.0 GiB"))
        #expect(findings.map(\.text).contains("2.11.0, for CUDA 12.4, in /torch"))
    }

    @Test func aMachineWithoutADeviceIsWellToo() {
        let findings = Diagnosis(
            facts {
                $0.driver = .absent
                $0.engine = .success(EngineAbout(libtorch: "1.13.0", kernels: "avx2", slots: [Self.cpu]))
            }
        ).findings
        #expect(findings.allSatisfy { $0.status == .ok })
        #expect(findings.contains { $0.subject == "cpu" && $0.text.hasPrefix("Xeon") })
    }

    /// What is wrong, the words that say it, and the words that say what to do.
    struct Case: Sendable, CustomTestStringConvertible {
        var subject: String
        var status: Finding.Status
        var text: String
        var remedy: String
        var change: @Sendable (inout BoxFacts) -> Void
        var testDescription: String { "\(subject): \(text)" }

        init(
            _ subject: String, _ status: Finding.Status, _ text: String, _ remedy: String = "",
            _ change: @escaping @Sendable (inout BoxFacts) -> Void
        ) {
            (self.subject, self.status, self.text, self.remedy, self.change) = (subject, status, text, remedy, change)
        }
    }

    @Test(arguments: [
        Case("driver", .warning, "cuInit answers 999", "nvidia-smi") {
            $0.driver = .broken(reason: "cuInit answers 999")
        },
        Case("driver", .problem, "cuInit answers 999", "nvidia-smi") {
            ($0.driver, $0.device) = (.broken(reason: "cuInit answers 999"), "cuda:0")
        },
        Case("driver", .warning, "shows no device", "CUDA_VISIBLE_DEVICES") {
            $0.driver = .working(cuda: 13000, devices: [])
        },
        Case("NVDEC", .ok, "brings its library: `--decode nvdec` uses it") { $0.hasDecoding = true },
        Case("NVDEC", .ok, "no library for it: films are decoded on the CPU") { $0.hasDecoding = false },
        Case("NVENC", .ok, "no library for it: films are encoded on the CPU") { $0.hasEncoding = false },
        Case("NVENC", .ok, "films are encoded on the CPU; cuda:0: h264_nvenc too; cuda:0: hevc_nvenc does not open") {
            $0.hasEncoding = true
            $0.engine = .success(
                EngineAbout(
                    libtorch: "2.11.0", kernels: "avx2", slots: [DiagnosisTests.gpu],
                    encoderRefusals: [
                        "cuda:0": ["hevc_nvenc": "hevc_nvenc does not open", "h264_nvenc": "h264_nvenc too"]
                    ]))
        },
        Case("NVENC", .ok, "`--encoder`; cuda:0 has hevc_nvenc, h264_nvenc; cuda:0: av1_nvenc does not open") {
            $0.hasEncoding = true
            var slot = DiagnosisTests.gpu
            slot.encoders = ["libx265", "hevc_nvenc", "h264_nvenc"]
            $0.engine = .success(
                EngineAbout(
                    libtorch: "2.11.0", kernels: "avx2", slots: [slot],
                    encoderRefusals: ["cuda:0": ["av1_nvenc": "av1_nvenc does not open"]]))
        },
        Case("cuda:0", .problem, "a small network does not run on it: no kernel image", "built for this device") {
            $0.engine = .success(
                EngineAbout(
                    libtorch: "2.11.0", kernels: "avx2", slots: [DiagnosisTests.gpu],
                    failures: ["cuda:0": "no kernel image"]))
        },
        Case("cuda:0", .ok, ", by our own kernels") { _ in },
        Case("cuda:0", .warning, "in libtorch's operators, a few times slower: the driver refuses", "8.0") {
            $0.engine = .success(
                EngineAbout(
                    libtorch: "2.11.0", kernels: "avx2", slots: [DiagnosisTests.gpu],
                    kernelProblems: ["cuda:0": "the driver refuses the images"]))
        },
        Case("engine", .problem, "is of release 0.0.1, and this worker of ", "of one build") {
            var slot = DiagnosisTests.cpu
            slot.versions["worker"] = "0.0.1"
            $0.engine = .success(EngineAbout(libtorch: "2.11.0", kernels: "avx2", slots: [slot]))
        },
        Case("libtorch", .problem, "no libtorch") { $0.libtorch = .failure(BoxError("no libtorch")) },
        Case("engine", .problem, "libx264.so.164", "every library") {
            $0.engine = .failure(BoxError("it exited: libx264.so.164"))
        },
        Case("models", .warning, "none in /models", "UPSCALE_FARM_MODELS") { $0.modelFiles = [] },
        Case("cache", .warning, "1.0 GiB free", "--scratch") { $0.freeSpace = .success(1 << 30) },
        Case("cache", .problem, "cannot be written", "--cache") {
            $0.freeSpace = .failure(BoxError("cannot be written"))
        },
        Case("machine", .warning, "1.0 of 128.0 GiB free", "memory") { $0.freeMemory = 1 << 30 },
        Case("farm", .problem, "nobody answers at tcp://x:1", "firewalls") { $0.farm = .silent(endpoint: "tcp://x:1") },
        Case("farm", .problem, "does not let this worker in: no key", "keys list") {
            $0.farm = .denied(endpoint: "tcp://x:1", reason: "no key")
        },
        Case("cuda:3", .problem, "no such device", "--device auto") { $0.device = "cuda:3" },
    ])
    func whatIsWrongIsSaidWithWhatToDo(_ wrong: Case) throws {
        let finding = try #require(Diagnosis(facts(wrong.change)).findings.first { $0.subject == wrong.subject })
        #expect(finding.status == wrong.status && finding.text.contains(wrong.text), "\(finding)")
        #expect(wrong.remedy.isEmpty || finding.remedy?.contains(wrong.remedy) == true, "\(finding)")
    }

    /// The driver shows a device and libtorch sees none: for one of four reasons.
    @Test(
        arguments: [
            ("libtorch_cuda.so: cannot open shared object file: No such file", nil, "built for the CPU alone"),
            ("libcudart.so.13: cannot open shared object file", "13.0", "CUDA part cannot be loaded: libcudart.so.13"),
            (nil, "13.0", "is for CUDA 13.0, and the driver knows CUDA up to 12.4"),
            (nil, "12.8", "sees none of the driver's devices"), (nil, nil, "sees none of the driver's devices"),
        ] as [(String?, String?, String)])
    func aDeviceThatLibtorchDoesNotSeeIsExplained(_ problem: String?, _ built: String?, _ text: String) throws {
        let findings = Diagnosis(
            facts {
                $0.libtorch = .success(libtorch(cuda: built))
                $0.engine = .success(
                    EngineAbout(libtorch: "2.11.0", kernels: "avx2", slots: [Self.cpu], cudaProblem: problem))
            }
        ).findings
        let finding = try #require(findings.first { $0.subject == "cuda" })
        #expect(finding.status == .warning && finding.text.contains(text), "\(finding)")
        #expect(finding.remedy?.contains("until then the CPU works") == true)
        #expect(findings.contains { $0.subject == "cpu" && $0.status == .ok })
    }
}
