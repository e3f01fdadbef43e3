import FarmModel
import Foundation
import SchedulingSupport
import TestSupport
import Testing

@testable import CoordinatorCore

@Suite struct ServedModelsTests {
    private let folder: TemporaryFolder
    private let hash = String(repeating: "a", count: 64)

    init() throws { folder = try TemporaryFolder() }

    /// The same model, at the place of that name.
    private func model(_ name: String) throws -> ModelReference {
        let path = folder.path(name)
        try Data("weights".utf8).write(to: URL(fileURLWithPath: path))
        var model = record(film, segments: 1).recipe.model
        (model.path, model.sha256) = (path, hash)
        return model
    }

    /// A model that somebody uploaded goes with the last job that needs the upload; another job may have it in a place of its own.
    @Test func oneThatGoesIsServedFromWhereItStillLies() throws {
        var models = ServedModels()
        let first = try #require(try models.add(try model("upload"), for: JobID("one")))
        #expect(first.path == folder.path("upload") && first.blob.size == 7)
        #expect(try models.add(try model("library"), for: JobID("two")) == nil)
        #expect(try models.add(try model("upload"), for: JobID("three")) == nil)
        var changes = models.remove(JobID("one"))
        #expect(changes.unneeded.isEmpty && changes.moved.isEmpty)
        changes = models.remove(JobID("three"))
        #expect(changes.unneeded.isEmpty)
        #expect(changes.moved == [.init(blob: first.blob, path: folder.path("library"))])
        changes = models.remove(JobID("two"))
        #expect(changes.unneeded == [first.blob.id] && changes.moved.isEmpty)
        #expect(models.blob(of: try model("library")) == nil)
    }

    @Test func oneThatIsGoneIsNamed() throws {
        var models = ServedModels()
        var gone = try model("there")
        gone.path = folder.path("gone")
        let error = try #require(throws: CoordinatorError.self) { try models.add(gone, for: JobID("one")) }
        #expect(error.kind == .file && error.message.contains("gone"))
        #expect(try models.add(try model("there"), for: JobID("two")) != nil)
    }
}
