import FarmModel
import Media

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
}

extension FilmTool {
    /// All that the job's pixels and bits depend on.
    /// - Throws: `CoordinatorError` where the settings fit neither each other nor the film.
    func plan(_ order: PlanOrder) async throws -> Recipe {
        guard case .planned(let recipe) = try await run(.plan(order), about: order.film.path) else {
            throw CoordinatorError(.job, "planning the job of \(order.film.path): no answer")
        }
        return recipe
    }
}
