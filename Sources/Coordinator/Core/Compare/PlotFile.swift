public import Comparison
import FarmModel
import Foundation

/// Where a plot is to be written: tried before the work, so that nobody waits for nothing.
public struct PlotFile: Sendable {
    private let path: String

    /// - Throws: `CoordinatorError` where the name is no picture's, or its folder cannot be written to.
    public init(_ path: String) throws {
        // A film whose name was typed here by mistake stays what it is.
        guard path.lowercased().hasSuffix(".svg") else {
            throw CoordinatorError(.usage, "--plot \(path): it is an SVG picture; give it a name that ends in .svg")
        }
        self.path = path
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw CoordinatorError(.file, "cannot write \(path): it is a folder")
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            throw CoordinatorError(.file, "cannot write \(path): \(folder): \(String(cString: strerror(errno)))")
        }
    }

    /// Writes the whole file or none.
    public func write(_ comparison: FilmComparison) throws {
        do {
            try Data(ComparisonPlot(comparison).svg.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CoordinatorError(.file, "cannot write \(path): \(error.reason)")
        }
    }
}
