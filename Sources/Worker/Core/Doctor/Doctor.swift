internal import EngineProtocol
internal import Foundation
public import Models
internal import Processes

/// Looks at this machine, starts an engine, and reaches for the coordinator.
public struct Doctor: Sendable {
    private let device: String
    private let models: ModelLibrary
    private let cache: String
    private let farm: Result<FarmAccess, any Error>?

    /// - Parameter farm: where the coordinator is, or why that cannot be said; nil where the user named none.
    public init(device: String, models: ModelLibrary, cache: String, farm: Result<FarmAccess, any Error>?) {
        self.device = device
        self.models = models
        self.cache = cache
        self.farm = farm
    }

    public func facts() async -> BoxFacts {
        var facts = BoxFacts()
        facts.processors = ProcessInfo.processInfo.activeProcessorCount
        facts.memory = ProcessInfo.processInfo.physicalMemory
        facts.freeMemory = Self.freeMemory
        facts.glibc = Self.glibc
        facts.device = device
        facts.driver = NVIDIADriver.find()
        (facts.hasDecoding, facts.hasEncoding) = (NVIDIADriver.hasDecoding, NVIDIADriver.hasEncoding)
        facts.libtorch = Result { () throws(BoxError) in
            try Installation.mine().bundledFor.map { version throws(BoxError) in try LibtorchSearch().find(for: version)
            }
        }
        facts.engine = await Self.engine()
        (facts.modelFiles, facts.modelDirectories) = (models.files(), models.directories)
        (facts.cache, facts.freeSpace) = (cache, Self.space(in: cache))
        facts.farm = await answer()
        return facts
    }

    /// What an engine says of itself, or the last that it said otherwise.
    private static func engine() async -> Result<EngineAbout, BoxError> {
        let launch: Launch
        do { launch = try EngineLaunch.make(["about"]) } catch { return .failure(error) }
        let said = EngineLog.Last()
        let child: ChildProcess
        do { child = try ChildProcess(launch, name: "engine", errors: { $0.map(said.take) }) } catch {
            return .failure(
                BoxError("cannot start \(launch.executable): \(error.reason); it belongs beside the worker"))
        }
        var answer: EngineAbout?
        for await line in child.lines { answer = (try? JSONLine.decode(line)) ?? answer }
        let exit = await child.exit()
        if let answer, exit.isSuccess { return .success(answer) }
        return .failure(BoxError("it \(exit)" + (said.line.map { ": \($0)" } ?? "")))
    }

    /// Its header is none of those that Swift knows.
    private static var glibc: String {
        typealias Version = @convention(c) () -> UnsafePointer<CChar>
        guard let symbol = dlsym(nil, "gnu_get_libc_version") else { return "unknown" }
        return String(cString: unsafeBitCast(symbol, to: Version.self)())
    }

    private static var freeMemory: UInt64 {
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0) << 10
    }

    /// Makes the folder, as the worker would.
    private static func space(in folder: String) -> Result<UInt64, BoxError> {
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            return .failure(BoxError("the folder \(folder) cannot be made: \(error.reason)"))
        }
        guard access(folder, W_OK) == 0 else {
            return .failure(BoxError("the folder \(folder) cannot be written: \(String(cString: strerror(errno)))"))
        }
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            return .failure(BoxError("the folder \(folder): \(String(cString: strerror(errno)))"))
        }
        return .success(UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    private func answer() async -> FarmAnswer {
        switch farm {
        case nil: .notAsked
        case .failure(let error): .unusable(error.reason)
        case .success(let access): await FarmProbe(access: access).ask()
        }
    }
}
