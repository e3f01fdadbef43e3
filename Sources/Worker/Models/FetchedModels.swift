internal import Foundation

/// Model files that came from a coordinator: `CACHE/models/<sha256>.pt`, the most recently used ones.
public struct FetchedModels: Sendable {
    public let directory: String

    /// Files kept; a model has between one and some hundred megabytes.
    public static let kept = 20
    /// Seconds after which a file that was being fetched is nobody's any more.
    private static let staleAfter = 86_400.0

    /// - Parameter cache: the worker's cache directory.
    public init(cache: String) { directory = cache + "/models" }

    /// Where the model with this hash lies or is to lie.
    public func path(_ sha256: String) -> String { "\(directory)/\(sha256).pt" }

    /// Where this process writes it until it is whole.
    public func temporaryPath(_ sha256: String) -> String {
        "\(directory)/.\(sha256).\(ProcessInfo.processInfo.processIdentifier)"
    }

    /// The file, if it is here and its bytes are right; a damaged one is removed. It counts as used.
    public func find(_ sha256: String) -> String? {
        let path = path(sha256)
        guard FileManager.default.isReadableFile(atPath: path) else { return nil }
        guard (try? ModelHash.of(path)) == sha256 else {
            try? FileManager.default.removeItem(atPath: path)
            return nil
        }
        use(sha256)
        return path
    }

    /// Notes that the model is used, so that it outlasts others.
    public func use(_ sha256: String) {
        try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path(sha256))
    }

    public func prepare() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// Gives a fetched file its name, and removes the models used least recently.
    public func publish(_ sha256: String) throws {
        guard rename(temporaryPath(sha256), path(sha256)) == 0 else {
            throw ModelError(
                "cannot name the model file \(path(sha256)): \(String(cString: strerror(errno)))")
        }
        prune()
    }

    private func prune() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let files = names.map { name -> (path: String, used: Date) in
            let path = "\(directory)/\(name)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return (path, attributes?[.modificationDate] as? Date ?? .distantPast)
        }
        let (models, others) = (files.filter { $0.path.hasSuffix(".pt") }, files.filter { !$0.path.hasSuffix(".pt") })
        let old = models.sorted { $0.used > $1.used }.dropFirst(Self.kept)
        let stale = others.filter { -$0.used.timeIntervalSinceNow > Self.staleAfter }
        for file in old + stale { try? FileManager.default.removeItem(atPath: file.path) }
    }
}
