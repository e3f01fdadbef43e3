public import Foundation

/// Finds the libtorch for a bundle's engine: LIBTORCH, else that of the Python on the PATH.
public struct LibtorchSearch: Sendable {
    private let environment: [String: String]
    private let python: @Sendable () -> String?

    /// - Parameter python: the folder of Python's `torch`, nil where there is none.
    public init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        python: @escaping @Sendable () -> String? = { LibtorchSearch.ofPython() }
    ) {
        self.environment = environment
        self.python = python
    }

    /// - Parameter version: what the engine was built with.
    /// - Throws: where there is none, or another.
    public func find(for version: String) throws(BoxError) -> Libtorch {
        let found = try anyOne(for: version)
        let line = Libtorch.line(of: version)
        guard let own = found.version, Libtorch.line(of: own) != line else { return found }
        throw BoxError(
            "this worker was bundled for libtorch \(line), and \(found.directory) is \(own): set LIBTORCH to a folder with "
                + "\(line) (pip install 'torch==\(line).*'), or make the bundle with LIBTORCH=\(found.directory)")
    }

    private func anyOne(for version: String) throws(BoxError) -> Libtorch {
        if let named = environment["LIBTORCH"], !named.isEmpty {
            if let found = Libtorch(in: named) { return found }
            throw BoxError(
                "LIBTORCH is \(named), which has no lib/libtorch.so: name a libtorch's folder, or a wheel's `torch`")
        }
        if let found = python().flatMap(Libtorch.init(in:)) { return found }
        throw BoxError(
            "no libtorch: `python3 -c 'import torch'` finds none, and LIBTORCH is not set; pip install "
                + "'torch==\(Libtorch.line(of: version)).*', or set LIBTORCH to an unpacked libtorch's folder")
    }

    /// Asks without importing, which would take seconds.
    public static func ofPython() -> String? {
        let question =
            "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", question]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let answer = (try? output.fileHandleForReading.readToEnd()) ?? nil
        process.waitUntilExit()
        let path = String(decoding: answer ?? Data(), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return path.isEmpty ? nil : path
    }
}
