import FarmModel
import Media
internal import Processes

/// What the child that plans a job's recipe is told: it opens the encoder to see whether it takes the settings.
struct PlanOrder: Codable, Sendable {
    var settings: JobSettings
    var film: FilmDescription
    var model: ModelReference
    /// The result's name: its extension tells the container.
    var output: String

    func carryOut() throws -> Recipe {
        try RecipePlanner(settings: settings, film: film, model: model, output: output).recipe()
    }

    /// What the child says by crashing.
    func crash(_ exit: Exit) -> CoordinatorError { refusal("crashed (\(exit))") }

    fileprivate func hang(_ limit: Duration) -> CoordinatorError { refusal("took longer than \(limit) and was killed") }

    private func refusal(_ what: String) -> CoordinatorError {
        let advice =
            settings.encoderParameters.isEmpty
            ? "try another --encoder, --preset or a smaller picture" : "leave out some of --encoder-params"
        return CoordinatorError(
            .usage, "\(film.path): trying the encoder for \(settings.codec.rawValue) \(what): \(advice)")
    }
}

extension FilmTool {
    /// All that the job's pixels and bits depend on.
    /// - Parameter limit: an encoder that hangs must not keep all other jobs waiting.
    /// - Throws: `CoordinatorError` where the settings fit neither each other nor the film.
    func plan(_ order: PlanOrder, limit: Duration = .seconds(120)) async throws -> Recipe {
        try await withThrowingTaskGroup(of: FilmWord.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await run(.plan(order), about: order.film.path) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw order.hang(limit)
            }
            guard case .planned(let recipe)? = try await group.next() else {
                throw CoordinatorError(.job, "planning the job of \(order.film.path): no answer")
            }
            return recipe
        }
    }
}
