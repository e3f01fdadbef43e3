import Models

extension ModelFile {
    /// The file's SHA-256 in hexadecimal.
    public static func hash(_ path: String) throws(InferenceError) -> String {
        do { return try ModelHash.of(path) } catch { throw InferenceError(.model, error.message) }
    }
}
