import FarmModel
import Foundation
import Messaging

/// One lease from its packets to its delivered result.
struct LeaseWork: Sendable {
    let task: SegmentTask
    /// Where the files of this attempt lie while it lasts.
    let directory: String
    let models: ModelFinder
    let bulk: BulkClient
    let engine: EngineSupervisor

    /// fetch → run → deliver.
    func run() async throws -> SegmentResult {
        let modelPath = try await models.path(of: task.recipe.model)
        try await bulk.fetch(task.input, to: inputPath)
        let order = SegmentOrder(task: task, inputPath: inputPath, outputPath: outputPath, modelPath: modelPath)
        let result = try await engine.run(order)
        try await bulk.deliver(result.output, from: outputPath)
        return result
    }

    func removeFiles() {
        for path in [inputPath, outputPath] { try? FileManager.default.removeItem(atPath: path) }
    }

    private var inputPath: String { path("source") }
    private var outputPath: String { path("encoded") }

    private func path(_ kind: String) -> String {
        let attempt = task.attempt
        return "\(directory)/\(attempt.segment.job)-\(attempt.segment.index)-\(attempt.number).\(kind)"
    }
}
