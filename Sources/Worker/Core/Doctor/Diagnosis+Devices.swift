internal import EngineProtocol
internal import FarmProtocol
internal import Machine

/// Driver and devices: what there is to work on, and why not on more.
extension Diagnosis {
    var driver: Finding {
        switch facts.driver {
        case .absent: return .ok("driver", "no NVIDIA driver: this is a machine without CUDA")
        case .broken(let reason):
            let remedy = "see what `nvidia-smi` says, and install the driver anew; until then the CPU works"
            return facts.device.hasPrefix("cuda")
                ? .problem("driver", reason, remedy) : .warning("driver", reason, remedy)
        case .working(let cuda, let devices):
            let names = devices.map { "\($0.name), \(gibibytes($0.memory)) GiB" }.joined(separator: "; ")
            let text = "NVIDIA's, for CUDA up to \(version(cuda)): "
            guard devices.isEmpty else { return .ok("driver", text + names) }
            return .warning(
                "driver", text + "it shows no device", "see CUDA_VISIBLE_DEVICES, and what `nvidia-smi -L` lists")
        }
    }

    /// What the engine can work on.
    var devices: [Finding] {
        guard case .success(let about) = facts.engine else { return [] }
        let seen = about.slots.filter { $0.device != "cpu" }
        var findings = (seen.isEmpty ? about.slots : seen).map { finding(of: $0, about) }
        if seen.isEmpty, let missing = unseen(about) { findings.insert(missing, at: 0) }
        if facts.device.hasPrefix("cuda"),
            !seen.contains(where: { $0.device == facts.device || facts.device == "cuda" })
        {
            findings.append(
                .problem(facts.device, "there is no such device for libtorch", "use --device auto or cpu"))
        }
        return findings
    }

    private func finding(of slot: SlotDescription, _ about: EngineAbout) -> Finding {
        if let failure = about.failures[slot.device] {
            return .problem(
                slot.device, "\(slot.deviceModel): a small network does not run on it: \(failure)",
                "see `nvidia-smi`; a libtorch built for this device may be needed")
        }
        let name = "\(slot.deviceModel), \(gibibytes(UInt64(clamping: slot.memory))) GiB"
        guard slot.device != "cpu" else { return .ok(slot.device, name) }
        guard let problem = about.kernelProblems[slot.device] else {
            return .ok(slot.device, name + ", by our own kernels")
        }
        return .warning(
            slot.device, "\(name): everything runs in libtorch's operators, a few times slower: \(problem)",
            "our kernels need compute capability 8.0 and libtorch 2.9 or later")
    }

    /// Why libtorch sees none of the devices that the driver shows.
    private func unseen(_ about: EngineAbout) -> Finding? {
        guard case .working(let cuda, let devices) = facts.driver, !devices.isEmpty else { return nil }
        if let problem = about.cudaProblem {
            // The loader's words for a library that is not part of this libtorch.
            if problem.hasPrefix("libtorch_cuda.so: cannot open") {
                return .warning(
                    "cuda", "libtorch was built for the CPU alone",
                    "install a libtorch for CUDA \(version(cuda)) or earlier; until then the CPU works")
            }
            return .warning(
                "cuda", "libtorch's CUDA part cannot be loaded: \(problem)",
                "`pip install torch` brings what it needs; until then the CPU works")
        }
        if let built, built.major > cuda / 1000 {
            return .warning(
                "cuda", "libtorch is for CUDA \(built.text), and the driver knows CUDA up to \(version(cuda))",
                "install a newer driver, or a libtorch for CUDA \(version(cuda)) or earlier; until then the CPU works")
        }
        return .warning(
            "cuda", "libtorch sees none of the driver's devices",
            "see CUDA_VISIBLE_DEVICES, and that a container shows them; until then the CPU works")
    }

    /// The CUDA that libtorch was built for, where it says so.
    private var built: (major: Int, text: String)? {
        guard case .success(let found?) = facts.libtorch, let text = found.cuda else { return nil }
        return text.split(separator: ".").first.flatMap { Int($0) }.map { ($0, text) }
    }

    /// "13.0" of 13000.
    private func version(_ cuda: Int) -> String { "\(cuda / 1000).\(cuda % 1000 / 10)" }
}
