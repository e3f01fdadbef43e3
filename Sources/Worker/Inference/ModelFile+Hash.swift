internal import Crypto
import FarmModel
internal import Foundation

extension ModelFile {
    /// The file's SHA-256 in hexadecimal.
    public static func hash(_ path: String) throws(InferenceError) -> String {
        do {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
            return SHA256.hash(data: bytes).hexadecimal
        } catch {
            throw InferenceError(.model, "model \(path) cannot be read: \(error.localizedDescription)")
        }
    }
}
