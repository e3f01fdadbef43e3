internal import Foundation

/// How this program came to the machine: built on it, or in a bundle, which brings all but libtorch.
public struct Installation: Sendable {
    /// The libtorch that a bundle's engine was built with; nil where the engine was linked to this machine's.
    public let bundledFor: String?

    private struct Manifest: Decodable {
        var libtorch: String
    }

    /// - Parameter program: the path of the worker: `bundle.json` lies in `share/upscale-farm` beside its folder.
    public init(program: String) throws(BoxError) {
        let root = URL(fileURLWithPath: program).deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("share/upscale-farm/bundle.json")
        guard FileManager.default.fileExists(atPath: file.path) else {
            bundledFor = nil
            return
        }
        do {
            bundledFor = try JSONDecoder().decode(Manifest.self, from: try Data(contentsOf: file)).libtorch
        } catch {
            throw BoxError("\(file.path) cannot be read: \(error.localizedDescription); unpack the bundle anew")
        }
    }

    /// That of the program that runs.
    public static func mine() throws(BoxError) -> Installation {
        let program: String
        do { program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") } catch {
            throw BoxError("where this program lies cannot be told: \(error.localizedDescription)")
        }
        return try Installation(program: program)
    }
}
