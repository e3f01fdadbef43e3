internal import Crypto
internal import Foundation

extension ModelFile {
    /// The file's SHA-256 in hexadecimal.
    public static func hash(_ path: String) throws(InferenceError) -> String {
        do {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
            return hexadecimal(SHA256.hash(data: bytes))
        } catch {
            throw InferenceError(.model, "model \(path) cannot be read: \(error.localizedDescription)")
        }
    }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
