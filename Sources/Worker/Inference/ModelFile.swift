internal import CTorch
public import FarmModel
internal import Foundation

/// Model files: TorchScript archives that describe themselves (docs/models.md).
public enum ModelFile {
    /// What the file says of itself, checked for sense; the network is not loaded.
    public static func description(of path: String) throws(InferenceError) -> ModelDescription {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw InferenceError(.model, "model \(path): no such file, or it cannot be read")
        }
        var text: UnsafeMutablePointer<CChar>?
        try torch(.model, "model \(path) is no TorchScript file with a description") {
            ct_read_description(path, &text, $0, $1)
        }
        defer { ct_free(text) }
        let json = Data((text.map { String(cString: $0) } ?? "").utf8)
        do {
            let description = try JSONDecoder().decode(ModelDescription.self, from: json)
            try description.validate()
            return description
        } catch {
            throw InferenceError(.model, "model \(path): model.json \(reason(error))")
        }
    }

    /// Loads the file on the CPU and runs a small picture of odd size through it.
    /// - Returns: what a job pins of it.
    public static func validate(_ path: String, threads: Int = 1) throws(InferenceError) -> ModelReference {
        let network = try Network(.file(path), device: .cpu, precision: .fp32)
        try network.tryOut(threads: threads)
        return ModelReference(description: network.description, sha256: try hash(path), path: path)
    }

    /// How much of its convolutions' multiplications runs in our own kernels on the CPU, 0 to 1: loads it and runs it once.
    public static func ownShare(of path: String, threads: Int = 1) throws(InferenceError) -> Double {
        try Network(.file(path), device: .cpu, precision: .fp32).tryOut(threads: threads)
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "lacks `\(key.stringValue)`"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "has an unusable `\(context.codingPath.map(\.stringValue).joined(separator: "."))`"
        case DecodingError.dataCorrupted: "is not valid JSON"
        default: "\(error)"
        }
    }
}

extension ModelDescription {
    /// Throws where a field makes no sense or asks for what cannot be done.
    func validate() throws(InferenceError) {
        func expect(_ condition: Bool, _ text: String) throws(InferenceError) {
            if !condition { throw InferenceError(.model, text) }
        }
        try expect(!name.isEmpty, "has an empty `name`")
        try expect(name != "nearest", "takes the name of the built-in `nearest`")
        try expect((1...16).contains(scale), "has a `scale` of \(scale), not 1 to 16")
        try expect((0...16384).contains(receptiveRadius), "has a `receptive_radius` of \(receptiveRadius)")
        try expect(
            window % 2 == 1 && (1...15).contains(window), "has a `window` of \(window), not an odd number from 1 to 15")
        try expect(
            valueRange.count == 2 && valueRange[0] < valueRange[1] && valueRange.allSatisfy(\.isFinite),
            "has a `value_range` that is not [low, high]")
    }
}
