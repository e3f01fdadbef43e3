public import Foundation
internal import Processes

/// Finds the libtorch for a bundle's engine: LIBTORCH, else that of the Python on the PATH.
public struct LibtorchSearch: Sendable {
    private let environment: [String: String]
    private let python: @Sendable () async throws(BoxError) -> String?

    /// - Parameter python: the folder of Python's `torch`, nil where there is none.
    public init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        python: @escaping @Sendable () async throws(BoxError) -> String? = LibtorchSearch.ofPython
    ) {
        self.environment = environment
        self.python = python
    }

    /// - Parameter version: what the engine was built with.
    /// - Throws: where there is none, or another.
    public func find(for version: String) async throws(BoxError) -> Libtorch {
        let found = try await anyOne(for: version)
        let line = Libtorch.line(of: version)
        guard let own = found.version, Libtorch.line(of: own) != line else { return found }
        throw BoxError(
            "this worker was bundled for libtorch \(line), and \(found.directory) is \(own): set LIBTORCH to a folder with "
                + "\(line) (pip install 'torch==\(line).*'), or make the bundle with LIBTORCH=\(found.directory)")
    }

    private func anyOne(for version: String) async throws(BoxError) -> Libtorch {
        if let named = environment["LIBTORCH"], !named.isEmpty {
            if let found = Libtorch(in: named) { return found }
            throw BoxError(
                "LIBTORCH is \(named), which has no lib/libtorch.so: name a libtorch's folder, or a wheel's `torch`")
        }
        if let found = try await python().flatMap(Libtorch.init(in:)) { return found }
        throw BoxError(
            "no libtorch: `python3 -c 'import torch'` finds none, and LIBTORCH is not set; pip install "
                + "'torch==\(Libtorch.line(of: version)).*', or set LIBTORCH to an unpacked libtorch's folder")
    }

    /// Asks without importing, which would take seconds; nil where there is no python3, or no torch for it.
    @Sendable public static func ofPython() async throws(BoxError) -> String? {
        let question = """
            import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')
            """
        let launch = Launch(executable: "/usr/bin/env", arguments: ["python3", "-c", question])
        let answer = try await Inquiry(launch: launch, limit: .seconds(30)).ask()
        return answer.exit.isSuccess ? answer.lines.last { !$0.isEmpty } : nil
    }
}
