internal import FarmModel
internal import Foundation
internal import Hashing
internal import Machine

/// All that a calibration's result depends on.
public struct CalibrationKey: Codable, Hashable, Sendable {
    var deviceModel: String
    var torch: String
    /// The build, for its kernels.
    var program: String
    /// The model file's SHA-256, or `nearest xN`.
    var model: String
    var width: Int
    var height: Int
    var precision: Precision
    var threads: Int
    var engine: CPUEngine
    var tile: Int?
    var batch: Int?
    var reserved: Int64
    /// nil: the device is one engine's.
    var share: Int?

    init(_ calibration: Calibration) throws(InferenceError) {
        let description = calibration.model.description
        deviceModel = try DeviceInfo(calibration.device).model
        torch = InferenceRuntime.torchVersion
        program = ThisProgram.build
        model = calibration.model.sha256 ?? "\(description.name) x\(description.scale)"
        width = calibration.width
        height = calibration.height
        precision = calibration.precision.isHalf(on: calibration.device) ? .fp16 : .fp32
        threads = calibration.threads
        engine = calibration.engine
        tile = calibration.tile
        batch = calibration.batch
        reserved = calibration.reserved
        share = calibration.share > 1 ? calibration.share : nil
    }
}

/// Calibrations of earlier starts: a small JSON file each in one directory, so that processes do not disturb each other.
public struct CalibrationCache: Sendable {
    public let directory: String

    public init(directory: String) {
        self.directory = directory
    }

    private struct Entry: Codable {
        var key: CalibrationKey
        var shape: ExecutionShape
    }

    /// nil where nothing is remembered, or it cannot be read. A shape that cannot be written is only found again.
    subscript(key: CalibrationKey) -> ExecutionShape? {
        get {
            guard let data = try? Data(contentsOf: file(key)) else { return nil }
            let entry = try? JSONDecoder().decode(Entry.self, from: data)
            return entry?.key == key ? entry?.shape : nil
        }
        nonmutating set {
            guard let newValue, let data = try? Self.encoder.encode(Entry(key: key, shape: newValue)) else { return }
            try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try? data.write(to: file(key), options: .atomic)
        }
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return encoder
    }

    private func file(_ key: CalibrationKey) -> URL {
        // A newer build's takes the place of an older one's.
        var name = key
        name.program = ""
        let digest = SHA256.hash((try? Self.encoder.encode(name)) ?? Data())
        return URL(fileURLWithPath: "\(directory)/calibration-\(digest.hexadecimal.prefix(16)).json")
    }
}
