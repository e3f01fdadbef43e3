public import EngineProtocol
internal import FarmProtocol
internal import Inference
internal import Media

extension Engine {
    /// What libtorch is, the devices that it sees, and whether they work.
    public static func about() throws -> EngineAbout {
        let devices = DeviceInfo.all().map(\.device)
        var about = EngineAbout(
            libtorch: InferenceRuntime.torchVersion, kernels: InferenceRuntime.kernels, slots: [],
            cudaProblem: InferenceRuntime.cudaProblem)
        for device in devices {
            let (encoders, refusals) = EncoderCatalog.offered(on: device.cudaIndex)
            about.slots.append(try SlotDescription.describing(device, encoders: encoders))
            about.failures["\(device)"] = failure(of: device)
            about.encoderRefusals["\(device)"] = refusals
            if device != .cpu { about.kernelProblems["\(device)"] = InferenceRuntime.kernelsProblem(on: device) }
        }
        return about
    }

    /// A device can be seen and have no kernels in this libtorch, or be in others' hands.
    private static func failure(of device: Device) -> String? {
        let bench = NetworkBench(model: .nearest(2), device: device, threads: 1)
        do { _ = try bench.evaluate([0, 0.5, 1], width: 1, height: 1, engine: .auto) } catch { return "\(error)" }
        return nil
    }
}
