public import FarmModel
internal import Foundation

/// The models that this machine has: files in some directories, and the built-in `nearest`.
public struct ModelLibrary: Sendable {
    /// In the order of preference.
    public let directories: [String]

    public init(directories: [String] = ModelLibrary.searchPath()) {
        self.directories = directories
    }

    /// $UPSCALE_FARM_MODELS (directories with colons between), then `share/upscale-farm/models` of the installation,
    /// then `.models` of the checkout that the program was built in.
    public static func searchPath() -> [String] {
        searchPath(
            environment: ProcessInfo.processInfo.environment,
            executable: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "")
    }

    static func searchPath(environment: [String: String], executable: String) -> [String] {
        let named = (environment["UPSCALE_FARM_MODELS"] ?? "").split(separator: ":").map(String.init)
        let program = URL(fileURLWithPath: executable)
        let installed = program.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("share/upscale-farm/models").path
        let parts = program.pathComponents
        let checkout = parts.firstIndex(of: ".build").map {
            NSString.path(withComponents: Array(parts[..<$0]) + [".models"])
        }
        return named + [installed] + [checkout].compactMap { $0 }
    }

    /// Where a worker finds the file of the network that a job pinned: it may lie elsewhere here, but must be the same bytes.
    /// Files of the same name are looked at first.
    public func file(of model: ModelReference, hash: String) throws(ModelError) -> String {
        let hinted = [model.path].compactMap { $0 }.filter(FileManager.default.fileExists)
        let name = model.path.map { NSString(string: $0).lastPathComponent }
        let others = files().filter { !hinted.contains($0) }
        let alike = others.filter { NSString(string: $0).lastPathComponent == name }
        var unread: [String] = []
        for path in hinted + alike + others.filter({ !alike.contains($0) }) {
            do { if try ModelHash.of(path) == hash { return path } } catch { unread.append(error.message) }
        }
        throw ModelError(
            "model \(model.description.name) x\(model.description.scale) with SHA-256 \(hash.prefix(16))… is not here: "
                + "looked in \(directories.joined(separator: ", "))" + unread.map { "; \($0)" }.joined())
    }

    /// The model files in the directories, in the order of preference.
    public func files() -> [String] {
        directories.flatMap { directory in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.filter { $0.hasSuffix(".pt") && !$0.hasPrefix(".") }.sorted().map { "\(directory)/\($0)" }
        }
    }
}
