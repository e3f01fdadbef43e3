import FarmProtocol
import Inference
import Media

extension SlotDescription {
    /// What a worker tells of one of its devices.
    /// - Parameter encoders: that it offers; nil: they are tried.
    static func describing(_ device: Device, encoders: [String]? = nil) throws -> SlotDescription {
        let info = try DeviceInfo(device)
        var versions = MediaRuntime.versions
        versions["libtorch"] = InferenceRuntime.torchVersion
        versions["worker"] = Release.version
        return SlotDescription(
            device: "\(device)", deviceModel: info.model, versions: versions,
            memory: Int64(clamping: info.memory),
            encoders: encoders ?? EncoderCatalog.offered(on: device.cudaIndex).names)
    }
}
