/// The few files that are being read, kept open between chunks.
struct OpenFiles {
    private static let most = 64

    private var files: [String: (file: ReadableFile, lastUse: Int)] = [:]
    private var uses = 0

    mutating func file(_ path: String) throws -> ReadableFile {
        uses += 1
        if let known = files[path] {
            files[path] = (known.file, uses)
            return known.file
        }
        let file = try ReadableFile(path)
        if files.count >= Self.most, let oldest = files.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            files[oldest.key] = nil
        }
        files[path] = (file, uses)
        return file
    }

    /// So that a file which is removed gives its space back.
    mutating func close(_ paths: some Sequence<String>) {
        for path in paths { files[path] = nil }
    }
}
