internal import EngineProtocol

/// What devices decode and encode by units of their own.
extension Diagnosis {
    /// Nothing where there is no device.
    var units: [Finding] {
        guard case .working(_, let devices) = facts.driver, !devices.isEmpty else { return [] }
        let decodes =
            facts.hasDecoding
            ? "the driver brings its library: `--decode nvdec` uses it"
            : "the driver brings no library for it: films are decoded on the CPU"
        return [.ok("NVDEC", decodes), .ok("NVENC", encoding)]
    }

    /// Which encoders jobs may ask for, and why for no others.
    private var encoding: String {
        guard facts.hasEncoding else { return "the driver brings no library for it: films are encoded on the CPU" }
        guard case .success(let about) = facts.engine else { return "the driver brings its library" }
        let offers = about.slots.compactMap { slot in
            let names = slot.encoders.filter { $0.hasSuffix("_nvenc") }
            return names.isEmpty ? nil : "\(slot.device) has \(names.joined(separator: ", "))"
        }
        let refusals = about.encoderRefusals.sorted { $0.key < $1.key }.flatMap { device, refusals in
            refusals.sorted { $0.key < $1.key }.map { "\(device): \($0.value)" }
        }
        let first = offers.isEmpty ? ["films are encoded on the CPU"] : ["jobs ask for it with `--encoder`"] + offers
        return (first + refusals).joined(separator: "; ")
    }
}
