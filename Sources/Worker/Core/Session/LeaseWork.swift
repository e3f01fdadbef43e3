import EngineProtocol
import FarmModel
import Foundation

/// One lease from its packets to its delivered result.
struct LeaseWork: Sendable {
    let task: SegmentTask
    /// Where a worker that lacks the model fetches it.
    let model: BlobReference?
    /// Where the files of this attempt lie while it lasts.
    let directory: String
    let models: ModelFinder
    let bulk: PatientBulk
    let engine: EngineSupervisor

    /// fetch → run → deliver.
    func run() async throws -> SegmentResult {
        let modelPath = try await models.path(of: task.recipe.model, from: model)
        try await bulk.fetch(task.input, to: inputPath)
        let order = SegmentOrder(task: task, inputPath: inputPath, outputPath: outputPath, modelPath: modelPath)
        let result = try await engine.run(order)
        try await deliver(result)
        return result
    }

    /// Gives the encoded segment to the coordinator; one that has it already says so at once.
    func deliver(_ result: SegmentResult) async throws {
        try await bulk.deliver(result.output, from: outputPath)
    }

    func removeFiles() {
        for path in [inputPath, outputPath] { try? FileManager.default.removeItem(atPath: path) }
    }

    private var inputPath: String { path(".source") }
    private var outputPath: String { path(".encoded") }

    private func path(_ kind: String) -> String {
        let attempt = task.attempt
        return "\(directory)/\(attempt.segment.job)-\(attempt.segment.index)-\(attempt.number)\(kind)"
    }
}

/// The directory for segments in flight.
public enum Scratch {
    /// Makes the directory, and removes what an earlier life left there: our own files, nobody else's.
    public static func prepare(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            guard [".source", ".encoded", ".source.part", ".encoded.part"].contains(where: name.hasSuffix) else {
                continue
            }
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }
}
