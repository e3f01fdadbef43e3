internal import Foundation
internal import Machine
public import Processes

/// How to start `worker-engine`, which stands beside the worker.
public struct EngineLaunch: Sendable {
    /// The libtorch of a bundle's engine; nil where the engine was linked to this machine's.
    public let libtorch: Libtorch?

    /// - Throws: where the engine came in a bundle and this machine has no libtorch for it.
    public static func find() async throws(BoxError) -> EngineLaunch {
        guard let version = try Installation.mine().bundledFor else { return EngineLaunch(libtorch: nil) }
        return EngineLaunch(libtorch: try await LibtorchSearch().find(for: version))
    }

    /// The engine program with these arguments.
    public func launch(_ arguments: [String]) -> Launch {
        .sibling("worker-engine", arguments, environment: libtorch.map { Self.environment(for: $0) } ?? [:])
    }

    /// What lets the loader find `libtorch`.
    static func environment(
        for libtorch: Libtorch, inherited: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        let path = [libtorch.directory + "/lib"] + [inherited["LD_LIBRARY_PATH"] ?? ""].filter { !$0.isEmpty }
        return ["LD_LIBRARY_PATH": path.joined(separator: ":")]
    }

    /// The devices that `text` (auto, cpu, cuda, cuda:N) means here, as the engine sees them; without an NVIDIA driver there is no
    /// need to ask it.
    /// - Throws: where the engine cannot be asked, or names none.
    public func devices(_ text: String) async throws(BoxError) -> EngineDevices {
        if text == "cpu" || text == "auto" && !NVIDIADriver.isInstalled { return .found(["cpu"]) }
        let answer = try await Inquiry(launch: launch(["devices", text]), keepsErrors: false).ask()
        guard !answer.exit.bySignal else {
            throw BoxError("the engine was \(answer.exit) while it was asked for devices; see `worker doctor`")
        }
        guard answer.exit.isSuccess else { return .refused(status: answer.exit.code) }
        let found = answer.lines.filter { !$0.isEmpty }
        guard !found.isEmpty else { throw BoxError("the engine names no device for \(text); see `worker doctor`") }
        return .found(found)
    }
}

/// What the engine says of a device's name.
public enum EngineDevices: Hashable, Sendable {
    case found([String])
    /// It has said why on standard error.
    case refused(status: Int32)
}
