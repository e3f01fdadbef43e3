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

    /// What lies in the directories.
    public struct Listing: Sendable {
        /// Usable by their descriptions; of two with the same name and scale, the first.
        public var models: [ModelReference]
        /// Files that look like models and cannot be used, and why.
        public var problems: [InferenceError]
    }

    /// All models, `nearest` left out; networks are not loaded.
    public func list() -> Listing {
        var listing = Listing(models: [], problems: [])
        for path in files() {
            do throws(InferenceError) {
                let description = try ModelFile.description(of: path)
                let known = listing.models.contains {
                    $0.description.name == description.name && $0.description.scale == description.scale
                }
                guard !known else { continue }
                let hash = try ModelFile.hash(path)
                listing.models.append(ModelReference(description: description, sha256: hash, path: path))
            } catch {
                listing.problems.append(error)
            }
        }
        return listing
    }

    func files() -> [String] {
        directories.flatMap { directory in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.filter { $0.hasSuffix(".pt") && !$0.hasPrefix(".") }.sorted().map { "\(directory)/\($0)" }
        }
    }
}
