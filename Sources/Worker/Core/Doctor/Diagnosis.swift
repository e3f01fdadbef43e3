internal import EngineProtocol

/// What follows from the facts. Pure: no machine is asked.
public struct Diagnosis {
    private let facts: BoxFacts

    public init(_ facts: BoxFacts) { self.facts = facts }

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

    private var driver: Finding {
        switch facts.driver {
        case .absent: return .ok("driver", "no NVIDIA driver: this is a machine without CUDA")
        case .broken(let reason):
            return .problem(
                "driver", reason, "see what `nvidia-smi` says; install the driver anew, or use --device cpu")
        case .working(let cuda, let devices):
            let names = devices.map { "\($0.name), \(gibibytes($0.memory)) GiB" }.joined(separator: "; ")
            let text = "NVIDIA's, for CUDA up to \(version(cuda)): "
            guard devices.isEmpty else { return .ok("driver", text + names) }
            return .warning(
                "driver", text + "it shows no device", "see CUDA_VISIBLE_DEVICES, and what `nvidia-smi -L` lists")
        }
    }

    /// Hardware decoding and encoding, where there is a device.
    private var units: [Finding] {
        guard case .working(_, let devices) = facts.driver, !devices.isEmpty else { return [] }
        let remedy = "it comes with the driver (in containers: NVIDIA_DRIVER_CAPABILITIES=compute,video,utility)"
        return [("NVDEC", "decode", facts.hasDecoding), ("NVENC", "encode", facts.hasEncoding)].map {
            name, verb, isThere in
            isThere
                ? .ok(name, "the driver brings its library")
                : .warning(name, "the driver brings no library for it: the CPU will \(verb)", remedy)
        }
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
        case .success(let about):
            return .ok("engine", "starts, with libtorch \(about.libtorch); own kernels for \(about.kernels)")
        }
    }

    /// What it can work on, and why not on what the driver shows.
    private var devices: [Finding] {
        guard case .success(let about) = facts.engine else { return [] }
        let seen = about.slots.filter { $0.device != "cpu" }
        var findings = seen.map {
            Finding.ok($0.device, "\($0.deviceModel), \(gibibytes(UInt64(clamping: $0.memory))) GiB")
        }
        if seen.isEmpty, let missing = unseen { findings.append(missing) }
        if facts.device.hasPrefix("cuda"),
            !seen.contains(where: { $0.device == facts.device || facts.device == "cuda" })
        {
            findings.append(.problem(facts.device, "there is no such device for libtorch", "use --device auto or cpu"))
        } else if seen.isEmpty {
            findings.append(.ok("cpu", about.slots.first?.deviceModel ?? "CPU"))
        }
        return findings
    }

    private var unseen: Finding? {
        guard case .working(let cuda, let devices) = facts.driver, !devices.isEmpty else { return nil }
        guard case .success(let found?) = facts.libtorch, let built = found.cuda else {
            return .warning(
                "cuda", "libtorch sees no device: it was built for the CPU alone",
                "install a libtorch for CUDA \(version(cuda)) or earlier; until then the CPU works")
        }
        return .warning(
            "cuda", "libtorch for CUDA \(built) sees no device of a driver for CUDA up to \(version(cuda))",
            "install a driver that knows CUDA \(built), or a libtorch for CUDA \(version(cuda)) or earlier; until then the CPU works"
        )
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
                ? .warning("cache", text, "segments in flight lie there: give --cache or --scratch a folder with more")
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
            return .problem("farm", "\(endpoint) does not let this worker in: \(reason)", "see `coordinator keys list`")
        case .admitted(let control, let bulk, let key):
            return .ok("farm", "\(control) and \(bulk) answer" + (key.map { ", and let the key \($0) in" } ?? ""))
        }
    }

    private func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    private func gibibytes(_ bytes: UInt64) -> String { "\((Double(bytes) / 0x1p30 * 10).rounded() / 10)" }
    /// "13.0" of 13000.
    private func version(_ cuda: Int) -> String { "\(cuda / 1000).\(cuda % 1000 / 10)" }
}
