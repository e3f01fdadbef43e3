internal import FarmModel
internal import Foundation
internal import Hashing

/// What a model is known by everywhere: its file's bytes.
public enum ModelHash {
    /// The file's SHA-256 in hexadecimal.
    public static func of(_ path: String) throws(ModelError) -> String {
        do {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
            return SHA256.hash(bytes).hexadecimal
        } catch {
            throw ModelError("model \(path) cannot be read: \(error.localizedDescription)")
        }
    }
}
