internal import EngineProtocol
internal import FarmProtocol

/// What follows from the facts. Pure: no machine is asked.
public struct Diagnosis {
    let facts: BoxFacts

    public init(_ facts: BoxFacts) { self.facts = facts }

    /// In the order in which they hang on each other.
    public var findings: [Finding] {
        [machine, driver] + units + [libtorch, engine] + devices + [encoders, models, space, farm].compactMap { $0 }
    }

    private var machine: Finding {
        let text =
            "\(facts.processors) processors, \(gibibytes(facts.freeMemory)) of \(gibibytes(facts.memory)) GiB free, glibc "
            + facts.glibc
        guard facts.freeMemory < 2 << 30 else { return .ok("machine", text) }
        return .warning("machine", text, "an upscaler of 1080p takes some GiB: end what else uses the memory")
    }

    private var libtorch: Finding {
        switch facts.libtorch {
        case .failure(let error): return .problem("libtorch", "\(error)")
        case .success(nil): return .ok("libtorch", "the one that the engine was linked with")
        case .success(let found?):
            let kind = found.cuda.map { "for CUDA \($0)" } ?? "for the CPU"
            return .ok("libtorch", "\(found.version ?? "of an unknown version"), \(kind), in \(found.directory)")
        }
    }

    private var engine: Finding {
        switch facts.engine {
        case .failure(let error):
            guard case .success = facts.libtorch else { return .problem("engine", "cannot be tried without libtorch") }
            return .problem(
                "engine", "\(error)", "every library that it names must be on this machine, or beside the bundle's")
        case .success(let about) where about.slots.first?.versions["worker"] != Release.version:
            return .problem(
                "engine",
                "is of release \(about.slots.first?.versions["worker"] ?? "?"), and this worker of \(Release.version)",
                "install both programs of one build")
        case .success(let about):
            return .ok("engine", "starts, with libtorch \(about.libtorch); own kernels for \(about.kernels)")
        }
    }

    private var encoders: Finding? {
        guard case .success(let about) = facts.engine, let slot = about.slots.first else { return nil }
        let versions = slot.versions.filter { $0.key.hasPrefix("lib") && $0.key != "libtorch" }
        let libraries = versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return .ok("encoders", (slot.encoders + libraries).joined(separator: ", "))
    }

    private var models: Finding {
        guard facts.modelFiles.isEmpty else {
            return .ok("models", facts.modelFiles.map(name).joined(separator: ", "))
        }
        return .warning(
            "models",
            "none in \(facts.modelDirectories.joined(separator: ", ")): each is fetched from the coordinator when it is needed",
            "UPSCALE_FARM_MODELS names further folders")
    }

    private var space: Finding {
        switch facts.freeSpace {
        case .failure(let error): return .problem("cache", "\(error)", "give --cache a folder that can be written")
        case .success(let bytes):
            let text = "\(facts.cache), \(gibibytes(bytes)) GiB free"
            return bytes < 4 << 30
                ? .warning(
                    "cache", text,
                    "segments in flight lie there: give --cache (the worker also takes --scratch) a folder with more")
                : .ok("cache", text)
        }
    }

    private var farm: Finding {
        switch facts.farm {
        case .notAsked: return .ok("farm", "not asked: give --key or --coordinator")
        case .unusable(let reason): return .problem("farm", reason)
        case .silent(let endpoint):
            return .problem(
                "farm", "nobody answers at \(endpoint)",
                "start `coordinator serve` there, or open the port in the firewalls between; see that the endpoint is right"
            )
        case .denied(let endpoint, let reason):
            return .problem(
                "farm", "\(endpoint) does not let this worker in: \(reason)",
                "see that the key is on `coordinator keys list`, and that its coordinator is the one there")
        case .admitted(let control, let bulk, let key):
            return .ok("farm", "\(control) and \(bulk) answer" + (key.map { ", and let the key \($0) in" } ?? ""))
        }
    }

    private func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    func gibibytes(_ bytes: UInt64) -> String { "\((Double(bytes) / 0x1p30 * 10).rounded() / 10)" }
}
