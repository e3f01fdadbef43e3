import FarmModel
import FarmProtocol
import Foundation
public import Processes

/// Says which model a name or file means. For all but those that are built in it asks a worker child: the coordinator links
/// no libtorch, and a model file is a stranger's: only the worker opens it, and it runs a small picture through it before
/// it vouches for it.
public struct ModelResolver: Sendable {
    /// `worker-engine models --resolve`, to which name, scale and reach are added.
    private let launch: Launch
    /// How long the child may take: one that hangs must not keep all other models waiting.
    private let limit: Duration

    public init(launch: Launch, limit: Duration = .seconds(60)) {
        self.launch = launch
        self.limit = limit
    }

    /// - Parameters:
    ///   - scale: nil: the model's own.
    ///   - reach: so many times is enough: of a model's own scales the smallest that is no less, else the largest.
    /// - Throws: `CoordinatorError`; `CancellationError`, and the child is killed.
    func resolve(_ model: String, scale: Int?, reach: Int? = nil) async throws -> ModelReference {
        if let builtIn = ModelReference.builtIn(named: model, scale: scale, reach: reach) { return builtIn }
        var launch = launch
        launch.arguments += ["--resolve", model] + (scale.map { ["--scale", "\($0)"] } ?? [])
        launch.arguments += reach.map { ["--reach", "\($0)"] } ?? []
        let child: ChildProcess
        do { child = try ChildProcess(launch, name: "model resolver") } catch {
            throw CoordinatorError(
                .usage, "cannot start \(launch.executable): \(error); it must lie beside the coordinator")
        }
        // However this ends: a child that has ended is sent nothing.
        defer { child.signal(SIGKILL) }
        guard let (answer, exit) = try await child.heard(within: limit) else {
            throw CoordinatorError(
                .file,
                "model \(model): `\(launch.executable) models` has looked at it for \(limit) and was killed: its file or the disk it lies on hangs; see that it can be read, and try again"
            )
        }
        return try Self.found(model, answer.last, exit)
    }

    private static func found(_ model: String, _ answer: Data?, _ exit: Exit) throws -> ModelReference {
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
