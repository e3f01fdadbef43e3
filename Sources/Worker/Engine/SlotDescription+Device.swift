import FarmProtocol
import Inference
import Media

extension SlotDescription {
    /// What a worker tells of one of its devices.
    static func describing(_ device: Device) throws -> SlotDescription {
        let info = try DeviceInfo(device)
        var versions = MediaRuntime.versions
        versions["libtorch"] = InferenceRuntime.torchVersion
        versions["worker"] = Release.version
        return SlotDescription(
            device: "\(device)", deviceModel: info.model, versions: versions,
            memory: Int64(clamping: info.memory), encoders: EncoderCatalog.encoders.map(\.name))
    }
}
