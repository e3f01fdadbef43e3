internal import Foundation
public import Processes

/// How to start `worker-engine`, which stands beside the worker.
public enum EngineLaunch {
    /// - Throws: where the engine came in a bundle and this machine has no libtorch for it.
    public static func make(_ arguments: [String]) throws(BoxError) -> Launch {
        var environment: [String: String] = [:]
        if let version = try Installation.mine().bundledFor {
            environment = self.environment(for: try LibtorchSearch().find(for: version))
        }
        return .sibling("worker-engine", arguments, environment: environment)
    }

    /// What lets the loader find `libtorch`.
    static func environment(
        for libtorch: Libtorch, inherited: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        let path = [libtorch.directory + "/lib"] + [inherited["LD_LIBRARY_PATH"] ?? ""].filter { !$0.isEmpty }
        return ["LD_LIBRARY_PATH": path.joined(separator: ":")]
    }
}
