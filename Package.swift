// swift-tools-version: 6.1
import PackageDescription

// LIBTORCH names a libtorch other than Debian's: a directory with include/ and lib/ (an unpacked
// libtorch, or the `torch` folder of a wheel, for CPU or CUDA). It is linked by full path, because
// SwiftPM puts the system's -L first and would find Debian's.
let libtorch = Context.environment["LIBTORCH"].flatMap { $0.isEmpty ? nil : $0 }
// `make bundle` sets UPSCALE_FARM_BUNDLE: the programs find their libraries in `lib` beside their folder, those that libraries
// need too (which the newer kind of run path does not say), and libtorch where the worker tells the loader.
let isBundle = Context.environment["UPSCALE_FARM_BUNDLE"] != nil
let bundleLink: [LinkerSetting] =
    isBundle
    ? [
        .unsafeFlags(
            ["-no-toolchain-stdlib-rpath"]
                + ["-rpath", "$ORIGIN/../lib", "--disable-new-dtags"].flatMap { ["-Xlinker", $0] })
    ] : []
let torchCompile: [CXXSetting] =
    libtorch.map {
        [.unsafeFlags(["-isystem", "\($0)/include", "-isystem", "\($0)/include/torch/csrc/api/include"])]
    } ?? []
let torchLink: [LinkerSetting] =
    libtorch.map { root in
        [
            .unsafeFlags(
                ["torch", "torch_cpu", "c10"].flatMap { ["-Xlinker", "\(root)/lib/lib\($0).so"] }
                    + (isBundle ? [] : ["-Xlinker", "-rpath", "-Xlinker", "\(root)/lib"]))
        ]
    } ?? [.linkedLibrary("torch"), .linkedLibrary("torch_cpu"), .linkedLibrary("c10")]

// Debian keeps OpenCV's headers apart; `-isystem`, because warnings in them are not ours to mend.
let openCV = CXXSetting.unsafeFlags(["-isystem", "/usr/include/opencv4"])

// `make check` sets UPSCALE_FARM_STRICT: a warning in our own code is then an error.
let strict = Context.environment["UPSCALE_FARM_STRICT"] != nil
let settings: [SwiftSetting] =
    [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault")]
    + (strict ? [.unsafeFlags(["-warnings-as-errors"])] : [])

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

func module(_ name: String, at path: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(path)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "upscale-farm",
    platforms: [.macOS(.v14)],
    products: [
        .executable(name: "coordinator", targets: ["coordinator"]),
        .executable(name: "worker", targets: ["worker"]),
        .executable(name: "worker-engine", targets: ["worker-engine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Shared: values, wire, sockets, media
        .systemLibrary(name: "CCrypto", path: "Sources/Shared/CCrypto"),
        module("Hashing", at: "Shared/Hashing", ["CCrypto"]),
        .systemLibrary(name: "CZeroMQ", path: "Sources/Shared/CZeroMQ"),
        .systemLibrary(name: "CLibAV", path: "Sources/Shared/CLibAV"),
        .systemLibrary(name: "CX265", path: "Sources/Shared/CX265"),
        module("FarmModel", at: "Shared/FarmModel"),
        module("FarmProtocol", at: "Shared/FarmProtocol", ["FarmModel"]),
        .target(name: "CProcesses", path: "Sources/Shared/CProcesses"),
        module("Processes", at: "Shared/Processes", ["CProcesses"]),
        module("Messaging", at: "Shared/Messaging", ["FarmModel", "FarmProtocol", "CZeroMQ", logging, "Hashing"]),
        module("Media", at: "Shared/Media", ["FarmModel", "CLibAV", "CX265", "Hashing"]),

        // Coordinator: never links libtorch
        .target(
            name: "CCompare", path: "Sources/Coordinator/CCompare", cxxSettings: [openCV],
            linkerSettings: ["core", "imgproc", "video"].map { .linkedLibrary("opencv_\($0)") }),
        module("Comparison", at: "Coordinator/Comparison", ["FarmModel", "Media", "CCompare"]),
        module("Scheduling", at: "Coordinator/Scheduling", ["FarmModel", "FarmProtocol"]),
        module(
            "CoordinatorCore", at: "Coordinator/Core",
            [
                "FarmModel", "FarmProtocol", "Scheduling", "Hashing", "Processes", "Messaging", "Media", "Comparison",
                logging, grdb,
            ]),
        .executableTarget(
            name: "coordinator",
            dependencies: ["CoordinatorCore", "Comparison", "FarmProtocol", argumentParser, logging],
            path: "Sources/Coordinator/Command", swiftSettings: settings),

        // Worker: never links SQLite
        .target(
            name: "CTorch", path: "Sources/Worker/CTorch",
            exclude: [
                "Hopper", "Ampere", "Dense", "ToRGB", "Shuffle", "Cells", "FromRGB", "Unshuffled", "Mixing", "Motion",
            ].flatMap {
                ["Kernels/\($0).cu", "Kernels/\($0).fatbin"]
            }
                + ["Kernels/images.sha256"],
            // Units include what lies in the other folders, so that libtorch's headers are read six times, not forty.
            sources: ["Units", "Convolution"],
            // Its kernels take their time, in tests too; and give the same bits at any width of vectors.
            cxxSettings: torchCompile + [.unsafeFlags(["-O2", "-ffp-contract=off"])]
                + [".", "Network", "Convolution", "Blend", "Color", "Device", "Kernels"].map { .headerSearchPath($0) },
            linkerSettings: torchLink),
        module("Models", at: "Worker/Models", ["FarmModel", "Hashing"]),
        module("Machine", at: "Worker/Machine"),
        module("EngineProtocol", at: "Worker/EngineProtocol", ["FarmModel", "FarmProtocol"]),
        module("Program", at: "Worker/Program", ["Machine", argumentParser]),
        module("Inference", at: "Worker/Inference", ["FarmModel", "Machine", "Models", "CTorch", "Hashing"]),
        module(
            "EngineCore", at: "Worker/Engine",
            ["FarmModel", "FarmProtocol", "EngineProtocol", "Processes", "Media", "Machine", "Inference", "Hashing"]),
        .executableTarget(
            name: "worker-engine",
            dependencies: [
                "EngineCore", "Inference", "Machine", "Models", "FarmModel", "FarmProtocol", "Media", "Processes",
                "Program", argumentParser,
            ], path: "Sources/Worker/EngineCommand", swiftSettings: settings, linkerSettings: bundleLink),
        // This side of the engine process links no libtorch.
        module(
            "WorkerCore", at: "Worker/Core",
            ["FarmModel", "FarmProtocol", "EngineProtocol", "Processes", "Messaging", "Machine", "Models", logging]),
        .executableTarget(
            name: "worker",
            dependencies: [
                "WorkerCore", "Machine", "Models", "FarmModel", "FarmProtocol", "Messaging", "Processes", "Program",
                argumentParser, logging,
            ], path: "Sources/Worker/Command", swiftSettings: settings, linkerSettings: bundleLink),

        // Tests
        .target(
            name: "TestSupport", dependencies: ["FarmModel", "EngineProtocol", "Processes", "Hashing"],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "device-check", dependencies: ["CTorch"], path: "Tests/DeviceCheck",
            linkerSettings: [.linkedLibrary("m")] + bundleLink),
        .executableTarget(
            name: "transfer-bench", dependencies: ["FarmModel", "Messaging", "Hashing", "CZeroMQ", logging],
            path: "Tests/TransferBench", swiftSettings: settings),
        .systemLibrary(name: "CEpoll", path: "Tests/CEpoll"),
        .executableTarget(
            name: "farm-load",
            dependencies: [
                "CEpoll", "FarmModel", "FarmProtocol", "Messaging", "Media", "CZeroMQ", argumentParser, "Hashing",
            ], path: "Tests/FarmLoad", swiftSettings: settings),
        .target(
            name: "SchedulingSupport", dependencies: ["FarmModel", "FarmProtocol", "Scheduling"],
            path: "Tests/SchedulingSupport", swiftSettings: settings),
        .target(
            name: "Simulation", dependencies: ["FarmModel", "FarmProtocol", "Scheduling"],
            path: "Tests/Simulation",
            swiftSettings: settings),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulate", swiftSettings: settings),
        tests("FarmModelTests", ["FarmModel"]),
        tests("FarmProtocolTests", ["FarmProtocol"]),
        tests("MessagingTests", ["Messaging"]),
        tests("MediaTests", ["Media", "Hashing"]),
        tests("ModelsTests", ["Models"]),
        tests("InferenceTests", ["Inference"]),
        tests("EngineCoreTests", ["EngineCore"]),
        tests("HashingTests", ["Hashing"]),
        tests("SchedulingTests", ["Scheduling", "SchedulingSupport", "FarmModel", "FarmProtocol"]),
        tests(
            "CoordinatorCoreTests",
            ["CoordinatorCore", "SchedulingSupport", "Media", "Messaging", "Processes", "Hashing", grdb]),
        tests("ComparisonTests", ["Comparison", "FarmModel", "Media"]),
        tests("WorkerCoreTests", ["WorkerCore"]),
        tests("SimulationTests", ["CoordinatorCore", "Simulation", "FarmModel", "FarmProtocol", "Scheduling"]),
        tests("EndToEndTests", ["Media", "Comparison", "CoordinatorCore"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17  // the one standard that libtorch 1.13 and 2.x share
)
