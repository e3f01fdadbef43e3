internal import EngineProtocol
internal import Foundation
internal import Machine
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
        facts.freeMemory = UInt64(min(MemoryUse.available, Double(facts.memory)))
        facts.glibc = Self.glibc
        facts.device = device
        facts.driver = await Self.driver()
        (facts.hasDecoding, facts.hasEncoding) = (NVIDIADriver.hasDecoding, NVIDIADriver.hasEncoding)
        do throws(BoxError) {
            let launch = try await EngineLaunch.find()
            facts.libtorch = .success(launch.libtorch)
            facts.engine = await Self.engine(launch)
        } catch {
            facts.libtorch = .failure(error)
        }
        (facts.modelFiles, facts.modelDirectories) = (models.files(), models.directories)
        (facts.cache, facts.freeSpace) = (cache, Self.space(in: cache))
        facts.farm = await answer()
        return facts
    }

    /// On a thread of its own, and not for ever: a driver whose device has gone may never answer.
    private static func driver() async -> NVIDIADriver {
        let (answers, answer) = AsyncStream.makeStream(of: NVIDIADriver.self)
        Thread { answer.yield(NVIDIADriver.find()) }.start()
        Thread {
            sleep(30)
            answer.yield(.broken(reason: "the driver has not answered for 30 s"))
        }.start()
        for await driver in answers { return driver }
        return .absent
    }

    /// What an engine says of itself, or what it said instead.
    private static func engine(_ own: EngineLaunch) async -> Result<EngineAbout, BoxError> {
        do throws(BoxError) {
            let answer = try await Inquiry(launch: own.launch(["about"])).ask()
            guard answer.exit.isSuccess else {
                throw BoxError("it \(answer.exit)" + (answer.words.isEmpty ? "" : ": \(answer.words)"))
            }
            let about = answer.lines.last { !$0.isEmpty }.flatMap {
                try? JSONLine.decode(Data($0.utf8), as: EngineAbout.self)
            }
            guard let about else {
                throw BoxError("it answers what this worker does not understand: install both of one build")
            }
            return .success(about)
        } catch {
            return .failure(error)
        }
    }

    /// Its header is none of those that Swift knows.
    private static var glibc: String {
        typealias Version = @convention(c) () -> UnsafePointer<CChar>
        guard let symbol = dlsym(nil, "gnu_get_libc_version") else { return "unknown" }
        return String(cString: unsafeBitCast(symbol, to: Version.self)())
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
