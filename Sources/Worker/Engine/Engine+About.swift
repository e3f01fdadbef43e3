public import EngineProtocol
internal import FarmProtocol
internal import Inference

extension Engine {
    /// What libtorch is, and the devices that it sees.
    public static func about() throws -> EngineAbout {
        EngineAbout(
            libtorch: InferenceRuntime.torchVersion, kernels: InferenceRuntime.kernels,
            slots: try DeviceInfo.all().map { try SlotDescription.describing($0.device) })
    }
}
