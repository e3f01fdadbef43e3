internal import Foundation

/// A libtorch on this machine: an unpacked one, or the `torch` folder of a wheel.
public struct Libtorch: Hashable, Sendable {
    /// Holds `lib/libtorch.so`.
    public var directory: String
    /// Such as "2.11.0+cu130"; nil where nothing in the directory says it.
    public var version: String?
    /// The CUDA that it was built with, such as "13.0"; nil where that is none, or not known.
    public var cuda: String?

    init(directory: String, version: String?, cuda: String? = nil) {
        self.directory = directory
        self.version = version
        self.cuda = cuda
    }

    /// nil where the directory holds none.
    public init?(in directory: String) {
        guard FileManager.default.fileExists(atPath: directory + "/lib/libtorch.so") else { return nil }
        self.directory = directory
        let python = Self.text(directory + "/version.py")
        version = Self.quoted("__version__", in: python) ?? Self.text(directory + "/build-version")
        cuda = Self.quoted("cuda", in: python) ?? version.flatMap(Self.cuda)
    }

    /// "2.11" of "2.11.0+cu130": within it libtorch's libraries keep their interfaces.
    public static func line(of version: String) -> String {
        version.split(separator: ".").prefix(2).joined(separator: ".")
    }

    private static func text(_ path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return trimmed.isEmpty ? nil : trimmed
    }

    /// The text that a line of Python such as `cuda: Optional[str] = '13.0'` gives a name.
    private static func quoted(_ name: String, in python: String?) -> String? {
        let line = python?.split(separator: "\n").first { line in
            line.hasPrefix(name) && line.dropFirst(name.count).first.map { " :=".contains($0) } == true
        }
        let parts = line?.split(separator: "=", maxSplits: 1).last?.split(
            separator: "'", omittingEmptySubsequences: false)
        return parts.flatMap { $0.count == 3 ? String($0[1]) : nil }
    }

    /// "13.0" of "2.11.0+cu130".
    private static func cuda(of version: String) -> String? {
        guard let tag = version.split(separator: "+").dropFirst().first, tag.hasPrefix("cu") else { return nil }
        let digits = tag.dropFirst(2)
        return digits.isEmpty ? nil : "\(digits.dropLast()).\(digits.suffix(1))"
    }
}
