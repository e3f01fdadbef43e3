import FarmModel
import FarmProtocol
import Foundation
public import Processes

/// Asks a worker child which model a name or file means. The coordinator links no libtorch, and a model file is a
/// stranger's: only the worker opens it, and it runs a small picture through it before it vouches for it.
public struct ModelResolver: Sendable {
    /// `worker models --resolve`, to which name and scale are added.
    private let launch: Launch

    public init(launch: Launch) { self.launch = launch }

    func resolve(_ model: String, scale: Int?) async throws -> ModelReference {
        var launch = launch
        launch.arguments += ["--resolve", model] + (scale.map { ["--scale", "\($0)"] } ?? [])
        let child: ChildProcess
        do { child = try ChildProcess(launch, name: "model resolver") } catch {
            throw CoordinatorError(
                .usage, "cannot start \(launch.executable): \(error); it must lie beside the coordinator")
        }
        var answer: Data?
        for await line in child.lines { answer = line }
        let exit = await child.exit()
        guard let answer, let outcome = try? JSONLine.decode(answer, as: ModelResolution.self) else {
            throw CoordinatorError(.usage, "model \(model): the worker that looked at it was \(exit)")
        }
        if let error = outcome.error { throw CoordinatorError(.usage, error) }
        guard let found = outcome.model else {
            throw CoordinatorError(.usage, "model \(model): no answer from the worker")
        }
        return found
    }
}
